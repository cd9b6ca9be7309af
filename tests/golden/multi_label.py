"""Writes multi_label.json: scikit-learn's scores of several labels a text.

    python multi_label.py

Where no label is given and none is right, an example's F1 is 1 (zero_division=1). Macro F1 is over the labels that occur.
"""

import json
import pathlib
import warnings

import numpy as np
from sklearn.metrics import (accuracy_score, average_precision_score, f1_score, precision_recall_curve,
                             precision_recall_fscore_support, roc_auc_score)

OUT = pathlib.Path(__file__).with_suffix(".json")
warnings.simplefilter("ignore")


def case(name, probabilities, gold, threshold=0.5):
    predicted = (probabilities >= threshold).astype(int)
    present = [label for label in range(gold.shape[1]) if gold[:, label].any() or predicted[:, label].any()]
    ap = [average_precision_score(gold[:, one], probabilities[:, one]) for one in range(gold.shape[1]) if gold[:, one].any()]
    auc = [roc_auc_score(gold[:, one], probabilities[:, one]) for one in range(gold.shape[1])
           if 0 < gold[:, one].sum() < len(gold)]
    each = precision_recall_fscore_support(gold, predicted, average=None, zero_division=0)
    flat = gold.ravel(), probabilities.ravel()
    precision, recall, _ = precision_recall_curve(*flat)
    with np.errstate(invalid="ignore"):
        f1 = np.nan_to_num(2 * precision * recall / (precision + recall))
    lists = lambda rows: [np.flatnonzero(row).tolist() for row in rows]
    return {
        "name": name,
        "probabilities": probabilities.tolist(),
        "predicted": lists(predicted),
        "gold": lists(gold),
        "micro_f1": f1_score(gold, predicted, average="micro", zero_division=0),
        "macro_f1": f1_score(gold, predicted, average="macro", labels=present, zero_division=0) if present else 0,
        "samples_f1": f1_score(gold, predicted, average="samples", zero_division=1),
        "subset_accuracy": accuracy_score(gold, predicted),
        "macro_ap": float(np.mean(ap)),
        "macro_roc_auc": float(np.mean(auc)),
        "each": [list(map(float, row)) for row in zip(*each)],
        # The best F1 that one threshold for all labels reaches.
        "best_f1": float(f1.max()),
    }


rng = np.random.default_rng(3)


def sampled(n, labels, share, sharpness, digits):
    gold = (rng.random((n, labels)) < share * rng.random(labels) * 2).astype(int)
    gold[0], gold[1] = 1, 0
    logits = rng.normal(size=(n, labels)) + sharpness * (gold - 0.5)
    return (1 / (1 + np.exp(-logits))).round(digits), gold


cases = [
    case("5 labels", *sampled(60, 5, 0.3, 2.0, 5)),
    case("9 labels, rare and unsure", *sampled(80, 9, 0.08, 0.5, 5)),
    case("ties", *sampled(60, 4, 0.4, 1.0, 1)),
    case("two labels", *sampled(40, 2, 0.5, 1.0, 3)),
    case("a high threshold", *sampled(50, 6, 0.3, 1.0, 4), threshold=0.9),
    case("nothing given", *sampled(50, 3, 0.3, 1.0, 4), threshold=2.0),
]
lines = ",\n".join(json.dumps(one, separators=(",", ":")) for one in cases)
OUT.write_text(f"[\n{lines}\n]\n")
