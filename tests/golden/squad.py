"""Writes squad.json: SQuAD's normalisation, exact match and F1 by transformers' copy of the official scorer.

    python squad.py

The copy left transformers with release 5; the original is https://rajpurkar.github.io/SQuAD-explorer/ evaluate-v2.0.py.
"""

import json
import pathlib
import random
from types import SimpleNamespace

from transformers.data.metrics.squad_metrics import get_raw_scores, normalize_answer

OUT = pathlib.Path(__file__).with_suffix(".json")
EDGES = [
    ("", []), ("", [""]), ("something", []), ("something", [""]), ("", ["something"]), ("the", []), ("The.", ["a"]),
    ("a", ["the", "cat"]), ("", ["the", "cat"]), ("cat", ["the", "cat"]), ("the Nile", ["Nile"]), ("Nile!", ["the nile"]),
    ("U.S.A.", ["USA", "U. S. A."]), ("e-mail", ["email", "e mail"]), ("don't", ["dont"]), ("A.", ["a"]),
    ("a an the", ["the an a"]), ("anthem theatre", ["anthem", "theatre"]), ("a_b", ["ab"]), ("the_", ["x"]),
    ("the–cat", ["cat", "–cat"]), ("“the” cat", ["“ ” cat"]), ("L’an 2000", ["an 2000", "L’ 2000"]), ("$1,000.50", ["100050"]),
    ("Ünïcödé", ["ünïcödé"]), ("ÀÉ", ["àé"]), ("İzmir", ["i̇zmir"]), ("ΟΔΟΣ", ["οδος", "οδοσ"]), ("東京 都", ["東京 都", "東京"]),
    ("one  two\tthree\nfour", ["one two three four"]), ("a\u00a0b\u2003c", ["b c"]), ("x\u001fy", ["x y"]),
    ("aé é", ["é", "a é"]), ("a² the1 1the", ["2"]), ("to to to be", ["to be to", "be"]), ("`x` ~y~ {z} |w|", ["x y z w"]),
    ("…", ["..."]), ("the the", ["the"]), ("  ", ["\n"]), ("A-the-B", ["AtheB", "A B"]),
]
STOCK = "the a an of Saint-Denis river, rivers Denis 1492 (north) “old” king king's U.S. Café café, is not. The A".split()


def answer(rng, at_most):
    return " ".join(rng.choice(STOCK) for _ in range(rng.randint(0, at_most)))


rng = random.Random(1)
cases = []
for prediction, references in EDGES + [
    (answer(rng, 5), [answer(rng, 5) for _ in range(rng.randint(0, 3))]) for _ in range(260)
]:
    example = SimpleNamespace(qas_id="q", answers=[{"text": text} for text in references])
    exact, f1 = get_raw_scores([example], {"q": prediction})
    cases.append({
        "prediction": prediction,
        "references": references,
        "normalized": normalize_answer(prediction),
        "exact_match": exact["q"],
        "f1": f1["q"],
    })
lines = ",\n".join(json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in cases)
OUT.write_text(f"[\n{lines}\n]\n")
