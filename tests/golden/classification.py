"""Writes classification.json: scikit-learn's accuracy, macro F1, Matthews correlation, areas under curves, precision, recall
and F1 of each class and confusion matrix, and the expected calibration error of Guo et al. 2017 (15 bins, equation 3) in numpy.

    python classification.py
"""

import json
import pathlib

import numpy as np
from sklearn.metrics import (accuracy_score, average_precision_score, confusion_matrix, f1_score, matthews_corrcoef,
                             precision_recall_fscore_support, roc_auc_score)

OUT = pathlib.Path(__file__).with_suffix(".json")
BINS = 15


def ece(confidence, correct):
    ends = np.linspace(0, 1, BINS + 1)
    total = 0.0
    for low, high in zip(ends[:-1], ends[1:]):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            total += inside.mean() * abs(correct[inside].mean() - confidence[inside].mean())
    return total


def case(name, probabilities, gold):
    predicted = probabilities.argmax(axis=1)
    classes = range(probabilities.shape[1])
    inside = [gold == one for one in classes]
    # One class against all others; None where there is no such area.
    ap = [float(average_precision_score(is_one, probabilities[:, one])) if is_one.any() else None
          for one, is_one in enumerate(inside)]
    auc = [float(roc_auc_score(is_one, probabilities[:, one])) if 0 < is_one.sum() < len(gold) else None
           for one, is_one in enumerate(inside)]
    mean = lambda areas: float(np.mean(known)) if (known := [one for one in areas if one is not None]) else None
    each = precision_recall_fscore_support(gold, predicted, labels=list(classes), zero_division=0)
    return {
        "name": name,
        "probabilities": probabilities.tolist(),
        "gold": gold.tolist(),
        "accuracy": accuracy_score(gold, predicted),
        "macro_f1": f1_score(gold, predicted, average="macro", zero_division=0),
        "mcc": matthews_corrcoef(gold, predicted),
        "ece": ece(probabilities.max(axis=1), predicted == gold),
        "roc_auc": mean(auc),
        "macro_ap": mean(ap),
        "each": [list(map(float, row)) for row in zip(*each)],
        "each_area": list(zip(ap, auc)),
        "confusion": confusion_matrix(gold, predicted, labels=[*classes, *sorted(set(gold) - set(classes))])[
            :len(classes), :len(classes)].tolist(),
    }


def sampled(rng, n, classes, sharpness, skew):
    """Gold drawn with a share of skew^k for class k, and rows that lean towards it."""
    prior = skew ** np.arange(classes)
    gold = rng.choice(classes, n, p=prior / prior.sum())
    logits = rng.normal(size=(n, classes))
    logits[np.arange(n), gold] += sharpness
    rows = np.exp(logits * 1.5)
    return (rows / rows.sum(axis=1, keepdims=True)).round(5), gold


rng = np.random.default_rng(1)
cases = [
    case(f"{classes} classes, sharpness {sharpness}, skew {skew}", *sampled(rng, n, classes, sharpness, skew))
    for n, classes, sharpness, skew in [
        (60, 2, 1.0, 1.0), (60, 2, -1.0, 1.0), (80, 2, 2.0, 0.1), (90, 3, 1.5, 0.6), (60, 5, 1.0, 0.5), (80, 9, 2.0, 0.9),
    ]
]
cases += [
    case("one class predicted", np.array([[0.7, 0.3]] * 4), np.array([0, 1, 1, 0])),
    case("one class in gold", np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([1, 1])),
    case("all right and sure", np.eye(3), np.arange(3)),
    case("all wrong and sure", np.eye(2), np.array([1, 0])),
    case("gold the model does not know", np.array([[0.6, 0.4], [0.1, 0.9], [0.8, 0.2]]), np.array([0, 7, 0])),
    case("a tie", np.array([[0.5, 0.5], [0.25, 0.75], [0.5, 0.5]]), np.array([0, 1, 1])),
]
lines = ",\n".join(json.dumps(one, separators=(",", ":")) for one in cases)
OUT.write_text(f"[\n{lines}\n]\n")
