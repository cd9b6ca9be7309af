"""Writes stem.json: words and their stems by NLTK's PorterStemmer, the stemmer of rouge-score.

    python stem.py [TEXT...]

With text files, samples the words anew from their vocabulary and adds words built to meet every rule; without,
stems the words already in stem.json. The committed words come from public-domain novels, slurs struck out.
"""

import json
import pathlib
import random
import re
import sys

from nltk.stem.porter import PorterStemmer

OUT = pathlib.Path(__file__).with_suffix(".json")
SAMPLE = 3500
# Short and long, ending in vowels, single and double consonants, y, and nothing that could be a syllable.
BASES = ["b", "x", "sh", "ow", "us", "fly", "tie", "hop", "fall", "toy", "bow", "relax", "controll", "4x", "hiss", "geo",
         "electr", "trouble", "defens", "adopt", "vietnam", "syzyg", "yyy", "conform", "hopp", "agr"]
ENDINGS = ["s", "ies", "sses", "ss", "ied", "eed", "ed", "ing", "ating", "bled", "ized", "y", "ey", "ational", "tional",
           "enci", "anci", "izer", "bli", "ably", "alli", "ally", "ationally", "entli", "eli", "ousli", "ization", "ation",
           "ator", "alism", "iveness", "fulness", "ousness", "aliti", "iviti", "biliti", "fulli", "logi", "logy",
           "icate", "ative", "alize", "iciti", "ical", "ful", "ness", "al", "ance", "ence", "er", "ic", "able", "ible",
           "ant", "ement", "ment", "ent", "sion", "tion", "kion", "ou", "ism", "ate", "iti", "ous", "ive", "ize", "e", "ll"]
IRREGULAR = ["sky", "skies", "dying", "lying", "tying", "news", "inning", "innings", "outing", "outings", "canning",
             "cannings", "howe", "proceed", "exceed", "succeed", "proceeds", "howes", "a", "is", "yes", "2019", "1990s"]


def words():
    if len(sys.argv) == 1:
        return list(json.loads(OUT.read_text()))
    seen = set()
    for path in sys.argv[1:]:
        seen.update(re.findall("[a-z0-9]+", pathlib.Path(path).read_text().lower()))
    sampled = random.Random(1).sample(sorted(word for word in seen if len(word) > 3), SAMPLE)
    return sorted({*sampled, *IRREGULAR, *(base + ending for base in BASES for ending in ENDINGS)})


stemmer = PorterStemmer()
OUT.write_text(json.dumps({word: stemmer.stem(word) for word in words()}, indent=0, separators=(",", ":")) + "\n")
