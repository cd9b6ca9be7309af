"""Writes mlqa.json: exact match and F1 by the rules of MLQA's scorer (Lewis et al. 2020, section 4), in its seven languages.

    python mlqa.py

The rules are written down here anew, from the paper and the scorer's behaviour: lower case; without any punctuation; the
language's articles are left out; cut at white space, in Chinese also around each character.
"""

import json
import pathlib
import random
import re
import string
import sys
import unicodedata
from collections import Counter

OUT = pathlib.Path(__file__).with_suffix(".json")
PUNCTUATION = set(string.punctuation) | {c for c in map(chr, range(sys.maxunicode)) if unicodedata.category(c)[0] == "P"}
ARTICLES = {
    "en": r"\b(?:a|an|the)\b",
    "es": r"\b(?:un|una|unos|unas|el|la|los|las)\b",
    "de": r"\b(?:ein|eine|einen|einem|eines|einer|der|die|das|den|dem|des)\b",
    "vi": r"\b(?:của|là|cái|chiếc|những)\b",
    "ar": "ال",
}
TEXTS = {
    "en": ["The Nile, “a river” of Africa", "an old—mill's wheel at 3,500 €"],
    "es": ["la Universidad de los Andes, «un año»", "¿el niño y las niñas? ¡una mañana!"],
    "de": ["der Rhein und die Elbe – eines „Tages“", "den Großen dem Ärzte-Haus das 2. Jahr"],
    "vi": ["những con sông của Việt Nam, là", "chiếc thuyền và cái nhà"],
    "ar": ["القدس، المدينة القديمة", "في الحديقة؟ قال الولد «نعم»"],
    "hi": ["गंगा नदी, भारत की सबसे लंबी नदी।", "वह “घर” गया और खाना खाया"],
    "zh": ["北京大学（Peking University）读书，1898年", "去iPhone 5商店。买《红楼梦》"],
}


def normalized(text, language):
    text = "".join(c for c in text.lower() if c not in PUNCTUATION)
    text = re.sub(ARTICLES.get(language, r"(?!)"), " ", text)
    if language == "zh":
        text = re.sub("([\u4e00-\u9fa5])", r" \1 ", text)
    return " ".join(text.split())


def f1(prediction, reference):
    prediction, reference = prediction.split(), reference.split()
    shared = sum((Counter(prediction) & Counter(reference)).values())
    return 2 * shared / (len(prediction) + len(reference)) if shared else float(prediction == reference)


def part(rng, text, language):
    step = text if language == "zh" else text.split(" ")
    first = rng.randrange(len(step))
    last = rng.randint(first + 1, len(step))
    return ("" if language == "zh" else " ").join(step[first:last])


rng = random.Random(1)
cases = []
for language, texts in TEXTS.items():
    for text in texts:
        for _ in range(10):
            prediction, reference = part(rng, text, language), rng.choice([text, part(rng, text, language)])
            if not normalized(reference, language):
                continue
            one, other = normalized(prediction, language), normalized(reference, language)
            cases.append({
                "language": language,
                "prediction": prediction,
                "reference": reference,
                "normalized": one,
                "exact_match": float(one == other),
                "f1": f1(one, other),
            })
lines = ",\n".join(json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in cases)
OUT.write_text(f"[\n{lines}\n]\n")
