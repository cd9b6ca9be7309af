"""Writes rouge_scripts.json: ROUGE F-measures of texts in many scripts by Google's rouge-score with another tokenizer.

    python rouge_scripts.py

The tokenizers are plain definitions by Unicode's general categories: runs of letters and digits with the marks on them
(a letter of a script without spaces between words alone), or each letter or digit with its marks.
"""

import json
import pathlib
import random
import unicodedata

from rouge_score import rouge_scorer

OUT = pathlib.Path(__file__).with_suffix(".json")
NAMES = {"rouge1": "rouge_1", "rouge2": "rouge_2", "rougeL": "rouge_l", "rougeLsum": "rouge_lsum"}
WITHOUT_SPACES = [(0x0E00, 0x0FFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF)]
TEXTS = """今天天气很好，我们去公园散步 孩子们在湖边玩，天气很好
今日は天気がいい。公園を散歩した 子供たちはiPhoneで遊んだ、天気がいい
อากาศดีมากวันนี้ เราไปเดินเล่นในสวน เด็กๆ เล่นริมน้ำ
आज मौसम बहुत अच्छा है हम बाग में घूमने गए बच्चे झील के पास खेले मौसम अच्छा था
Сегодня хорошая погода мы пошли гулять в парк дети играли у озера погода 2019 года
الطقس جميل اليوم ذهبنا إلى الحديقة لعب الأطفال عند البحيرة الطقس جميل
El niño pequeño comió aquí la piña mañana él comió más piña
Größe der Straße über die Brücke für große Füße in der Straße
오늘은 날씨가 좋다 우리는 공원에 갔다 날씨가 좋다
Cafe\u0301 au lait, le cafe\u0301 d'été à l'heure, l'été""".split("\n")


def without_spaces(letter):
    return any(first <= ord(letter) <= last for first, last in WITHOUT_SPACES)


class Units:
    def __init__(self, words):
        self.words = words

    def tokenize(self, text):
        units, joins = [], False
        for letter in unicodedata.normalize("NFC", text.lower()):
            category = unicodedata.category(letter)[0]
            alone = not self.words or without_spaces(letter)
            if category in "LN" and joins and not alone:
                units[-1] += letter
            elif category in "LN":
                units.append(letter)
                joins = not alone
                inside = True
            elif category == "M" and units and inside:
                units[-1] += letter
            else:
                joins = inside = False
        return units


def reworded(rng, text):
    parts = text.split(" ") if " " in text else list(text)
    kept = [part for part in parts if rng.random() < 0.8]
    if rng.random() < 0.4:
        rng.shuffle(kept)
    return (" " if " " in text else "").join(kept)


rng = random.Random(1)
cases = []
for text in TEXTS:
    for tokens in ["words", "characters"]:
        scorer = rouge_scorer.RougeScorer(list(NAMES), tokenizer=Units(tokens == "words"))
        pairs = [(text, text)] + [(reworded(rng, text), reworded(rng, text)) for _ in range(5)]
        pairs.append((reworded(rng, text).replace(" ", "\n", 1), text.replace(" ", "\n", 1)))
        for prediction, reference in pairs:
            score = scorer.score(reference, prediction)
            cases.append({
                "tokens": tokens,
                "prediction": prediction,
                "reference": reference,
                "score": {name: round(score[key].fmeasure, 9) for key, name in NAMES.items()},
            })
lines = ",\n".join(json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in cases)
OUT.write_text(f"[\n{lines}\n]\n")
