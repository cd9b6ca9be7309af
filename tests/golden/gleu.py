"""Writes gleu.json: GLEU of corrections by its definition (Napoles et al., 2015 and 2016), written here plainly.

    python gleu.py

Each case names one reference for each sentence, and has the score against these.
"""

import json
import math
import pathlib
import random
from collections import Counter

OUT = pathlib.Path(__file__).with_suffix(".json")
STOCK = "the a he she go goes went to in at school home is are was . , and that it have has".split()


def runs(words, n):
    return Counter(tuple(words[at:at + n]) for at in range(len(words) - n + 1))


def gleu(sources, hypotheses, references):
    ours = theirs = 0
    matches, totals = [0] * 4, [0] * 4
    for source, hypothesis, reference in zip(sources, hypotheses, references):
        source, hypothesis, reference = source.split(), hypothesis.split(), reference.split()
        ours, theirs = ours + len(hypothesis), theirs + len(reference)
        for n in range(1, 5):
            h, r = runs(hypothesis, n), runs(reference, n)
            kept = Counter({run: count for run, count in runs(source, n).items() if run not in r})
            matches[n - 1] += max(0, sum((h & r).values()) - sum((h & kept).values()))
            totals[n - 1] += max(0, len(hypothesis) + 1 - n)
    if 0 in [ours, theirs] + matches + totals:
        return 0.0
    mean = sum(math.log(match / total) for match, total in zip(matches, totals)) / 4
    return 100 * math.exp(min(0, 1 - theirs / ours) + mean)


def reworded(rng, words, share):
    return [rng.choice(STOCK) if rng.random() < share else word for word in words if rng.random() > share / 2]


rng = random.Random(1)
cases = []
for size in [1, 1, 1] + [rng.choice([3, 8, 20]) for _ in range(40)]:
    sentences = []
    for _ in range(size):
        right = rng.choices(STOCK, k=rng.randint(1, 15))
        source = reworded(rng, right, 0.2)
        hypothesis = rng.choice([source, right, reworded(rng, source, 0.1), right[:3] + source[3:]])
        references = [" ".join(reworded(rng, right, 0.05)) for _ in range(rng.choice([1, 2, 4]))]
        sentences.append([" ".join(source), " ".join(hypothesis), references])
    picks = [rng.randrange(len(references)) for _, _, references in sentences]
    chosen = [references[pick] for (_, _, references), pick in zip(sentences, picks)]
    score = gleu([one[0] for one in sentences], [one[1] for one in sentences], chosen)
    cases.append({"sentences": sentences, "picks": picks, "gleu": score})
lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
OUT.write_text(f"[\n{lines}\n]\n")
