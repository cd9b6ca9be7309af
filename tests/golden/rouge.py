"""Writes rouge.json: ROUGE F-measures by Google's rouge-score, with stemming.

    python rouge.py

The texts are made here: reports from a small stock of inflected words, and predictions that cut, reorder and
reword them, so that every share of overlap occurs.
"""

import json
import pathlib
import random

from rouge_score import rouge_scorer

OUT = pathlib.Path(__file__).with_suffix(".json")
NAMES = {"rouge1": "rouge_1", "rouge2": "rouge_2", "rougeL": "rouge_l", "rougeLsum": "rouge_lsum"}
STOCK = """the a of to in and on for with by is was it they model models modelling modelled train trained training
trains bakery baker's bakes baking flies flying fly skies sky happily happiness happy relational relation relate
generally general generalization generalize formally formal summaries summary summarizing summarised dying die
state-of-the-art well-known 3.5 1,024 2019 60% (see) "quoted" village villagers' market marketing sold selling
naïve café über geologist geology probability probable agreed agree hopped hopping hope effectively effective news
canning exceed proceed proceeding operator operates operating adjustable adjustment i'm don't can't they're""".split()
EDGES = [
    ("", [""]), ("", ["a word"]), ("a word", [""]), ("...", ["?!"]), ("one", ["one"]), ("one", ["two"]),
    ("the the the the", ["the cat the"]), ("Größe straße", ["Große Strasse"]), ("数据 和 模型", ["数据 和 模型"]),
    ("İstanbul K 2", ["istanbul k 2"]), ("under_score e-mail", ["under score email"]), ("1.000,5", ["1 000 5"]),
    ("it's Ann's", ["its anns", "it s ann s"]), ("\n\na b\n\n", ["a b"]), ("a b\nc d", ["c d\na b"]),
    ("w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5", ["w1 w2 w3 w4 w5"]), ("a\r\nb\tc\u00a0d", ["a b c d"]),
    ("running runners ran", ["run runner runs", "ran"]), ("x" * 50, ["x" * 50]), ("a b a b a b", ["b a b a b a"]),
]


def report(rng):
    weights = [1 / (rank + 4) for rank in range(len(STOCK))]
    lines = [" ".join(rng.choices(STOCK, weights, k=rng.randint(3, 11))) for _ in range(rng.randint(1, 4))]
    return [line[0].upper() + line[1:] + rng.choice([".", "!", ";", ""]) for line in lines]


def reworded(rng, lines):
    lines = rng.sample(lines, rng.randint(1, len(lines)))
    words = [[word if rng.random() < 0.75 else rng.choice(STOCK) for word in line.split() if rng.random() < 0.85]
             for line in lines]
    for line in words:
        if rng.random() < 0.3:
            rng.shuffle(line)
    return [" ".join(line) for line in words]


def pair(rng):
    lines = report(rng)
    join = rng.choice(["\n", " "])
    prediction = join.join(rng.choice([reworded(rng, lines), report(rng), lines[:1]]))
    return prediction, [join.join(lines if i == 0 else reworded(rng, lines)) for i in range(rng.choice([1, 1, 2, 3]))]


rng = random.Random(1)
scorer = rouge_scorer.RougeScorer(list(NAMES), use_stemmer=True)
cases = []
for prediction, references in EDGES + [pair(rng) for _ in range(300)]:
    best = scorer.score_multi(references, prediction)
    each = [scorer.score(reference, prediction) for reference in references]
    cases.append({
        "prediction": prediction,
        "references": references,
        "best": {name: round(best[key].fmeasure, 9) for key, name in NAMES.items()},
        "mean": {name: round(sum(one[key].fmeasure for one in each) / len(each), 9) for key, name in NAMES.items()},
    })
lines = ",\n".join(json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in cases)
OUT.write_text(f"[\n{lines}\n]\n")
