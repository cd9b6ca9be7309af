"""Writes regression.json: scores of predicted numbers by scikit-learn and SciPy.

    python regression.py
"""

import json
import pathlib
import warnings

import numpy as np
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

OUT = pathlib.Path(__file__).with_suffix(".json")
warnings.simplefilter("ignore")


def case(name, predicted, gold):
    predicted, gold = np.asarray(predicted, float), np.asarray(gold, float)
    return {
        "name": name,
        "predicted": predicted.tolist(),
        "gold": gold.tolist(),
        "rmse": root_mean_squared_error(gold, predicted),
        "mae": mean_absolute_error(gold, predicted),
        "r2": r2_score(gold, predicted),
        # Undefined where one side is constant: 0 here.
        "pearson": float(np.nan_to_num(pearsonr(predicted, gold).statistic)),
        "spearman": float(np.nan_to_num(spearmanr(predicted, gold).statistic)),
    }


rng = np.random.default_rng(5)
stars = rng.integers(1, 6, 80)
prices = np.exp(rng.normal(5, 2, 60)).round(2)
cases = [
    case("stars", stars + rng.normal(0, 1, 80).round(3), stars),
    case("stars, rounded, with ties", np.clip(stars + rng.integers(-1, 2, 80), 1, 5), stars),
    case("prices over several powers of ten", (prices * np.exp(rng.normal(0, 0.5, 60))).round(2), prices),
    case("the wrong way round", -stars, stars),
    case("far from zero", 1e6 + stars + rng.normal(0, 1, 80).round(3), 1e6 + stars),
    case("all predictions alike", [3.1] * 80, stars),
    case("all numbers alike", [1.0, 2.0, 3.0], [2, 2, 2]),
    case("all right", stars, stars),
]
lines = ",\n".join(json.dumps(one, separators=(",", ":")) for one in cases)
OUT.write_text(f"[\n{lines}\n]\n")
