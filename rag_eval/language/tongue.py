"""In which language a text is written, as far as its script and its commonest words tell."""

import re
import unicodedata
from collections import Counter
from typing import Final

_COMMON: Final = {
    "en": "the of and to is are was in that it for with as on be by this from at which have has not or an how a what "
    "when who where why can do does did should must if you your i we they my there these their will would been than",
    "de": "der die das und ist sind war nicht ein eine einer mit den dem des von zu im für auf wird wie was sich",
    "fr": "le la les des et est sont un une dans pour que qui sur avec par du au pas ce cette aux il elle quel quelle",
    "es": "el la los las de y es son un una en para que con por del al no se su lo como cuál qué está más",
    "it": "il la lo gli di e è sono un una in per che con del della dei non si da come qual cosa alla nel più",
    "pt": "o a os as de e é são um uma em para que com por do da dos das não se como qual ao na no mais",
    "nl": "de het een van en is zijn in op te dat die voor met niet aan er wordt door om ook als bij wat hoe",
}
_WORDS: Final = {name: frozenset(words.split()) for name, words in _COMMON.items()}
_SCRIPTS: Final = {
    "CJK": "zh", "HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "CYRILLIC": "ru", "ARABIC": "ar", "HEBREW": "he",
    "GREEK": "el", "DEVANAGARI": "hi", "THAI": "th",
}  # fmt: skip
"""Beginnings of letters' names in Unicode to the language that is mostly written in them."""
_FEWEST: Final = 2
_CLEARLY: Final = 1.5
_LOOKED_AT: Final = 20_000
"""Letters of a text that are looked at."""
_MOSTLY: Final = 0.3


def language(text: str) -> str | None:
    """Code of the language by ISO 639-1, None where it cannot be told; of a script the one mostly written in it."""
    text = text[:_LOOKED_AT]
    letters = [letter for letter in text if letter.isalpha()]
    scripts = Counter(_script(letter) for letter in letters if not letter.isascii())
    other = {code: count for code, count in scripts.items() if code}
    if other and sum(other.values()) >= _MOSTLY * len(letters):
        return "ja" if "ja" in other else max(other, key=lambda code: other[code])
    words = Counter(re.findall(r"[^\W\d_]+", text.lower()))
    hits = {name: sum(words[word] for word in common) for name, common in _WORDS.items()}
    (first, most), (_, second), *_ = sorted(hits.items(), key=lambda pair: -pair[1])
    return first if most >= _FEWEST and most >= _CLEARLY * second else None


def _script(letter: str) -> str | None:
    name = unicodedata.name(letter, "")
    return next((code for begin, code in _SCRIPTS.items() if name.startswith(begin)), None)
