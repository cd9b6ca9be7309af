"""Writes entities.json: seqeval's precision, recall and F1 in its mode strict with the scheme IOB2, and the accuracy of tags.

    python entities.py
"""

import json
import pathlib
import random

from seqeval.metrics import accuracy_score, f1_score, precision_score, recall_score
from seqeval.metrics import classification_report
from seqeval.scheme import IOB2

OUT = pathlib.Path(__file__).with_suffix(".json")
TYPES = ["person", "place", "price"]


def sentence(rng, length):
    tags, at = [], 0
    while at < length:
        if rng.random() < 0.6:
            tags.append("O")
            at += 1
            continue
        kind, words = rng.choice(TYPES), min(rng.choice([1, 1, 2, 3]), length - at)
        tags += [f"B-{kind}"] + [f"I-{kind}"] * (words - 1)
        at += words
    return tags


def changed(rng, tags):
    """Another valid sentence that shares much with this one."""
    other = sentence(rng, len(tags))
    cut = rng.randrange(len(tags) + 1)
    while cut < len(tags) and (tags[cut].startswith("I-") or other[cut].startswith("I-")):
        cut += 1
    return tags[:cut] + other[cut:]


def case(name, seed, count):
    rng = random.Random(seed)
    gold = [sentence(rng, rng.randrange(1, 12)) for _ in range(count)]
    given = [changed(rng, tags) for tags in gold]
    strict = {"mode": "strict", "scheme": IOB2, "zero_division": 0}
    each = classification_report(gold, given, output_dict=True, **strict)
    return {
        "name": name,
        "gold": [" ".join(tags) for tags in gold],
        "given": [" ".join(tags) for tags in given],
        "precision": precision_score(gold, given, **strict),
        "recall": recall_score(gold, given, **strict),
        "f1": f1_score(gold, given, **strict),
        "token_accuracy": accuracy_score(gold, given),
        "each": {kind: [float(each[kind][key]) for key in ["precision", "recall", "f1-score", "support"]]
                 for kind in TYPES if kind in each},
    }


OUT.write_text(json.dumps([case("few", 1, 12), case("many", 2, 60)], indent=1) + "\n")
