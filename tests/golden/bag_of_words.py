"""Writes bag_of_words.json: what scikit-learn's TF-IDF and linear models, with their defaults, make of a few made-up texts.

    python bag_of_words.py
"""

import json
import pathlib

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.multiclass import OneVsRestClassifier

OUT = pathlib.Path(__file__).with_suffix(".json")
rng = np.random.default_rng(7)
KINDS = [["fresh", "warm", "fine", "kind"], ["stale", "cold", "rude", "dull"], ["red", "blue", "Grün", "grey"], ["1", "42", "7th", "one_2"]]
THINGS = ["bread", "pie", "inn", "mill", "the baker's", "fair", "soup", "naïve"]


def text(kind):
    own = lambda: rng.choice(KINDS[kind if rng.random() < 0.8 else rng.integers(4)])
    return f"The {rng.choice(THINGS)} was {own()}, and the {rng.choice(THINGS)} was {own()}."


four = rng.integers(0, 4, 60)
train = [text(kind) for kind in four]
texts = [text(kind) for kind in range(4)] + ["", "nothing known", "bread bread bread"]
two = four % 2
several = np.array([[kind in (0, 1), kind in (1, 2), kind == 3] for kind in four], int)
numbers = (four * 1.5 + 10 + rng.normal(size=60)).round(3)
vectors = TfidfVectorizer(ngram_range=(1, 2))
rows = vectors.fit_transform(train)
asked = vectors.transform(texts)
tight = lambda: LogisticRegression(tol=1e-10, max_iter=10000)
golden = {
    "train": train,
    "texts": texts,
    "two": two.tolist(),
    "four": four.tolist(),
    "several": [np.flatnonzero(row).tolist() for row in several],
    "numbers": numbers.tolist(),
    "expect_two": tight().fit(rows, two).predict_proba(asked).tolist(),
    "expect_four": tight().fit(rows, four).predict_proba(asked).tolist(),
    "expect_several": OneVsRestClassifier(tight()).fit(rows, several).predict_proba(asked).tolist(),
    "expect_numbers": Ridge(solver="cholesky").fit(rows.toarray(), numbers).predict(asked.toarray()).tolist(),
}
lines = ",\n".join(f"{json.dumps(key)}:{json.dumps(value, ensure_ascii=False)}" for key, value in golden.items())
OUT.write_text(f"{{\n{lines}\n}}\n")
