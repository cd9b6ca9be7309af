"""Writes sacrebleu.json: BLEU and chrF by sacreBLEU.

    python sacrebleu.py

The texts are made here: odd ones, one by one, and corpora of hypotheses that cut, repeat and reword their references.
"""

import json
import pathlib
import random
import sys

sys.path = [path for path in sys.path if pathlib.Path(path or ".").resolve() != pathlib.Path(__file__).resolve().parent]
from sacrebleu.metrics import BLEU, CHRF  # noqa: E402

OUT = pathlib.Path(__file__).with_suffix(".json")
TOKENIZERS = ["13a", "zh", "intl", "char", "none"]
STOCK = """the a of to in and Hello, world. "quoted" (see) 3.5 1,024 10-year well-known e-mail U.S. 50% $9.99 naïve Größe “so” ‘it’ don't
我们 去公园。 今天天气很好！ 雨だ 한국어 🙂👍🏽 a\u00a0b &quot;x&amp;y&lt; <skipped> -\nz line\nbreak … — ٣٫٥ № ½ x² 2019. .5 , ..., A/B {c} [d] ~e €5 ʼn""".split(" ")
EDGES = [
    ("", ["a b c d"]), ("a b c d", [""]), ("", [""]), ("a", ["a"]), ("a b c", ["a b c"]), ("a b c d", ["a b c d"]),
    ("the the the the the", ["the cat is on the mat", "there is a cat on the mat"]), ("a b c d e f", ["a b c d", "a b c d e f g h"]),
    ("Hello, world! It's 3.5% of 1,000.", ["Hello , world ! It's 3.5 % of 1,000 ."]), ("a b d c e", ["a b c d e"]),
    ("我们去公园散步。", ["我们去公园玩。"]), ("🙂🙂 👍🏽 ok", ["🙂 👍🏽 ok"]), ("a\u00a0b\u2003c d\u3000e", ["a b c d e"]),
    ("a\x1cb c\x85d e \x1f", ["a b c d e"]), ("“Yes” – she said… twice", ["\"Yes\" - she said ... twice"]),
    ("end-\nof line\nbreak here now", ["endof line break here now"]), ("&quot;a&quot; &amp;lt; b c d", ["\"a\" < b c d"]),
    ("2019. 5-6 7,8 .9 x.", ["2019 . 5 - 6 7,8 . 9 x ."]), ("x y z w v u", ["x y q z w v", "q x y z r w v u"]),
]


def reworded(rng, words):
    words = [rng.choice(STOCK) if rng.random() < 0.2 else word for word in words if rng.random() < 0.9]
    if len(words) > 2 and rng.random() < 0.3:
        at = rng.randrange(len(words) - 1)
        words[at], words[at + 1] = words[at + 1], words[at]
    return words


def corpus(rng):
    size, count = rng.choice([1, 2, 5, 12]), rng.choice([1, 1, 2, 3])
    texts = [rng.choices(STOCK, k=rng.randint(1, 14)) for _ in range(size)]
    return [" ".join(reworded(rng, text)) for text in texts], [[" ".join(reworded(rng, text)) for _ in range(count)] for text in texts]


rng = random.Random(1)
cases = []
for hypotheses, references in [([text], [many]) for text, many in EDGES] + [corpus(rng) for _ in range(60)]:
    streams = [list(stream) for stream in zip(*references)]
    bleu = {name: BLEU(tokenize=name) for name in TOKENIZERS}
    chrf, plus = CHRF(), CHRF(word_order=2)
    case = {
        "hypotheses": hypotheses,
        "references": references,
        "bleu": {name: one.corpus_score(hypotheses, streams).score for name, one in bleu.items()},
        "chrf": chrf.corpus_score(hypotheses, streams).score,
        "chrf++": plus.corpus_score(hypotheses, streams).score,
        "signatures": [one.get_signature().format().rsplit("|", 1)[0] for one in [bleu["13a"], chrf, plus]],
    }
    cases.append(case)
lines = ",\n".join(json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in cases)
OUT.write_text(f"[\n{lines}\n]\n")
