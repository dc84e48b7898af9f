"""Numbers as texts write them, with unit, scale, sign and the digits given, so that two ways of writing one are equal.

"1,577 million", "$1.577 billion" and "1.6 billion" are one amount, as far as their digits go; so are "30 minutes" and
"half an hour", "4.5 hours" and "four and a half hours", "twice" and "2 times", "a dozen" and "12", "12.5 %" and
"0.125", "3 May 2021" and "2021-05-03", "6 pm" and "18:00". `quantity_equality` compares them.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final, Literal

from rag_eval.language.lexicon import MONTHS, NUMBER_WORDS, UNITS
from rag_eval.language.units import BASES, CURRENCIES, OTHER_UNITS, SCALES, TIMES_WORDS, UNITS_OF_OTHER_SCRIPTS

Kind = Literal["number", "date", "clock"]

MOST_DIGITS: Final = 30
"""Digits beyond which a number is an identifier and compared letter by letter elsewhere."""

REMEMBERED: Final = 4096
"""Texts whose numbers are kept: those of a sentence are asked for with each claim that it is compared with."""

LONGEST_REMEMBERED: Final = 2_000
"""Characters of such a text."""

_YEARS: Final = (1000, 2100)
"""Plain whole numbers between these are mostly years, which neither rise nor fall."""

_WORDS: Final = "|".join(sorted(NUMBER_WORDS, key=len, reverse=True))
_TENS: Final = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_BEGINNINGS: Final = "|".join([
    "[aA]n?\\s", *sorted({word[:2] for word in (*NUMBER_WORDS, *_TENS.split("|"), "once", "thrice", "half", "quarter")})
])  # fmt: skip
"""How words of numbers begin: seen sooner than that none of them stands there."""
_PARTS: Final = {"half": "0.5", "quarter": "0.25", "third": "0.3333333333"}
_DOZEN: Final = 12
SPELLED_OUT: Final = frozenset(
    {
        *_PARTS,
        *(f"{part}s" for part in _PARTS),
        *TIMES_WORDS,
        "time",
        "times",
        "dozen",
        "hundred",
        "thousand",
        "million",
        "billion",
    }
)
"""Words that are a part of a number and have no other sense there."""
_VULGAR: Final = {"½": ".5", "¼": ".25", "¾": ".75", "⅓": ".3333333333", "⅔": ".6666666667", "⅛": ".125"}
_VULGAR_NUMBER: Final = re.compile(rf"(?<![\d.,])(\d*)[ \u00a0]?([{''.join(_VULGAR)}])")
_UNIT_NAMES: Final = "|".join(
    re.escape(name)
    for name in sorted({*UNITS, *UNITS_OF_OTHER_SCRIPTS, "bps", "basis points", "x", "times"}, key=len, reverse=True)
)
_UNIT_WORDS: Final = "|".join(sorted((name for name in UNITS if name[2:] and name.isalpha()), key=len, reverse=True))
_FRACTION: Final = (
    r"half(?!\s(?:past|board|time|way|term)\b)(?!-(?!dozen|an?\b|(?:" + _UNIT_WORDS + r")\b)\w)"
    r"|(?<=by\sa\s)quarter(?!\s(?:century|million|billion))|quarter(?=\sof\san?\b|[\s-](?:an?\s)?(?:"
    + _UNIT_WORDS
    + r")\b|(?<=\ba\squarter)\sof\b|(?<=\bone\squarter)\sof\b)"
)
_AND_PART: Final = (
    r"[\s-]and[\s-](?:an?|one)[\s-](?:half|quarter|third)\b|[\s-]and[\s-]three[\s-]quarters\b|\s\d/\d\b(?!/)"
)
_MONTH: Final = "|".join([*MONTHS, "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sept", "sep", "oct", "nov", "dec"])
_DATE: Final = re.compile(
    r"(?=\d|\b[jfmasond])"  # no other place need be tried, as in the other two
    r"(?:\b(?P<y1>\d{4})-(?P<m1>\d{1,2})-(?P<d1>\d{1,2})\b|(?P<y5>\d{4})年(?:(?P<m5>\d{1,2})月)?(?:(?P<d5>\d{1,2})日)?"
    r"|(?P<m6>\d{1,2})月(?P<d6>\d{1,2})日|\b(?P<a>\d{1,2})[/.](?P<b>\d{1,2})[/.](?P<y2>\d{4})\b"
    rf"|\b(?P<d3>\d{{1,2}})(?:st|nd|rd|th|\.)?\s+(?:of\s+)?(?P<m3>{_MONTH})\b\.?(?:,?\s+(?P<y3>\d{{4}})\b)?"
    rf"|\b(?P<m4>{_MONTH})\b\.?\s+(?:(?P<d4>\d{{1,2}})(?:st|nd|rd|th)?\b(?![:.]\d)(?:,?\s+(?P<y4>\d{{4}})\b)?|"
    rf"(?P<y6>\d{{4}})\b))",
    re.IGNORECASE,
)
_CLOCK: Final = re.compile(
    r"\b(?P<h>\d{1,2})(?:[:.](?P<min>\d{2}))?\s?(?P<half>[ap])\.?m\b\.?|"
    r"\b(?P<h2>\d{1,2}):(?P<min2>\d{2})(?::\d{2})?(?!\d)"
    r"|\b(?P<word>noon|midday|midnight)\b",
    re.IGNORECASE,
)
_TIMED: Final = re.compile(r"\d|noon|midday|midnight", re.IGNORECASE)
"""Without one of these a text holds neither a date nor a time of day."""
_NUMBER: Final = re.compile(
    rf"(?=[\d.(−–$€£¥₹-]|\s(?:[\d.]|{_BEGINNINGS})|\b(?:{_BEGINNINGS}|mi|ne|u|eu|g|jp|ch|rm|cn|in))"
    r"(?P<open>\()?(?P<sign>(?<![\w)\]])[-−–]\s?|\b(?:minus|negative)\s)?(?P<currency>(?:us)?\$|[€£¥₹]|\b(?:usd|eur|"
    r"gbp|jpy|chf|rmb|cny|inr)\b)?\s?"
    r"(?P<sign2>(?<=[$€£¥₹])[-−])?"
    r"(?P<digits>(?<![^\W\u3040-\u30ff\u3400-\u9fff])(?<![.,])(?:\d{1,3}(?:[,\u00a0\u202f]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)*|\.\d+)|"
    r"(?<=[$€£¥₹(-])\.?\d[\d,]*(?:\.\d+)?"
    rf"|\b(?:(?:{_TENS})[- ](?:{_WORDS})|(?:one|two)[ -]thirds?|three[ -]quarters(?=\sof\b|[\s-](?:{_UNIT_WORDS})\b)"
    rf"|{_WORDS}|an?(?=\s(?:hundred|thousand|million|billion|dozen|(?:{_UNIT_WORDS})\sand\sa\s(?:half|quarter))\b)"
    rf"|once(?=\s(?:an?|per|every|each)\s(?:{_UNIT_WORDS})\b)|twice|thrice"
    rf"|(?<!first )(?<!second )(?<!other )(?<!latter )(?<!better )(?<!each )(?:{_FRACTION}))\b)"
    r"(?P<ordinal>(?:st|nd|rd|th|s)\b)?"
    r"(?P<over>/\d+\b)?"
    rf"(?P<plus>{_AND_PART})?"
    r"(?:[\s-](?:an?\s)?(?P<dozen>dozen)\b)?"
    r"(?P<shut>\)(?=\s?(?:hundred|thousand|million|billion|trillion|mn|bn)))?"
    r"(?:(?:\s?|(?<=half)\s(?:an?|of an?)\s)(?P<scale>hundred (?:thousand|million|billion)|"
    r"hundred|thousands?|millions?|billions?|trillion|mn|mio|mm|bn|tn|mrd)\b|"
    r"(?P<short>[kmb])\b(?![/'’])|(?P<cjk>百万|[万千百亿億]))?"
    r"(?P<close>\))?(?:(?:(?:(?<=half|rter|ters|hird|irds)|(?<=\d/\d))\s(?:an?|of an?)\s|\s?-?)(?P<unit>[%％]|(?:"  # noqa: RUF001
    + _UNIT_NAMES
    + r"|time(?=\s(?:an?|per|every|each)\b)"
    + r")(?![^\W\d_\u3040-\u30ff\u3400-\u9fff])))?"
    r"(?P<late>\sand\sa\s(?:half|quarter)\b(?=\s(?:to|for|per|long|later|before|after|and|or|by|in|on|at|from|is|was)\b|"
    r"[^\w\s-]|\s*$))?",
    re.IGNORECASE,
)
_ANY: Final = re.compile(
    rf"\d|\b(?={_BEGINNINGS}|noon|mid)(?:{_WORDS}|hal[fv]|quarter|once|twice|thrice|an?\s(?:hundred|thousand|million|billion|dozen|"
    rf"(?:{_UNIT_WORDS})\sand\sa\s)|noon|midday|midnight)",
    re.IGNORECASE,
)
"""One of these stands in each text that holds a number."""
_DOWN: Final = re.compile(
    r"\b(?:decreas\w*|declin\w*|fell|fall(?:s|en|ing)?|drop\w*|shr[aiu]nk\w*|loss(?:es)?|lost|negative|lower\w*|"
    r"reduc\w*|down|"
    r"outflows?|contract(?:ed|ion)|deficit|worse\w*|slipp?\w*|deteriorat\w*)\b",
    re.IGNORECASE,
)
_UP: Final = re.compile(
    r"\b(?:increas\w*|gr[eo]w\w*|ris(?:e|es|en|ing)|rose|up|gain\w*|improv\w*|higher|expan\w*|inflows?|surplus|"
    r"climb\w*|jump\w*)\b",
    re.IGNORECASE,
)
_PER: Final = re.compile(
    rf"\s(?:an?|per|every|each)\s(?P<unit>{_UNIT_WORDS})\b|\s(?P<adverb>daily|weekly|monthly|yearly|annually)\b",
    re.IGNORECASE,
)
_ADVERBS: Final = {"daily": "day", "weekly": "week", "monthly": "month", "yearly": "year", "annually": "year"}
_CLAUSE: Final = re.compile(r"[.;:!?]\s|,\s(?:and|but|while)\s|\bcompared (?:to|with)\b|\bfrom\b|[()]")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of a text."""

    kind: Kind
    values: tuple[Decimal | None, ...]
    """The value in units of `unit`; dates have year, month, day, times of day hour, minute; None: not written."""
    step: Decimal
    """What the last digit that is written counts."""
    unit: str
    """In the singular and reduced, "second" for hours; empty where none is written."""
    scaled: bool
    """Whether a word such as million stands behind it."""
    direction: int
    """-1 for a fall or a minus sign, 1 for a rise, 0 where nothing is said."""
    sign: Literal["", "minus", "either"]
    """Whether a minus is written; an amount in parentheses is one that was paid, or one below zero."""
    times: Decimal
    """How many of `unit` the unit that is written is."""
    text: str
    start: int
    end: int
    per: str = ""
    """Of how often: the unit of time, "week" for "twice a week"."""


def quantities(text: str) -> tuple[Quantity, ...]:
    """The numbers, dates and times of day of a text, in order; numbers inside a name such as "B12" are none."""
    return _quantities(text) if len(text) <= LONGEST_REMEMBERED else _quantities.__wrapped__(text)


@lru_cache(REMEMBERED)
def _quantities(text: str) -> tuple[Quantity, ...]:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", _VULGAR_NUMBER.sub(_decimal, text))
    if not _ANY.search(text):  # most sentences hold no number
        return ()
    return tuple(sorted(_read(text), key=lambda quantity: quantity.start))


def _read(text: str) -> Iterator[Quantity]:
    taken = bytearray(len(text))
    timed = ((_DATE, _date), (_CLOCK, _clock)) if _TIMED.search(text) else ()
    for pattern, read in (*timed, (_NUMBER, _number)):
        for match in pattern.finditer(text):
            if any(taken[match.start() : match.end()]):
                continue
            if quantity := read(match, text):
                taken[match.start() : match.end()] = b"\1" * len(match[0])
                yield quantity


def _decimal(match: re.Match[str]) -> str:
    return (match[1] or "0") + _VULGAR[match[2]]


def _date(match: re.Match[str], _: str) -> Quantity | None:
    groups = match.groupdict()
    if match["a"]:
        year, first, second = (int(match[name]) for name in ("y2", "a", "b"))
        month, day = (second, first) if first > len(MONTHS) or "." in match[0] else (first, second)
        parts: list[int | None] = [year, month, day]
    else:
        picked = [
            next((groups[name] for name in groups if name[0] == letter and groups[name]), None) for letter in "ymd"
        ]
        if picked[1] is None or (picked[1].lower() == "may" and match[0][:3] == "may"):
            return None
        month = int(picked[1]) if picked[1].isdecimal() else _month(picked[1])
        parts = [int(picked[0]) if picked[0] else None, month, int(picked[2]) if picked[2] else None]
    return _timed("date", parts, match)


def _month(name: str) -> int:
    return next(number for number, month in enumerate(MONTHS, 1) if month.startswith(name.lower()[:3]))


def _clock(match: re.Match[str], _: str) -> Quantity | None:
    if match["word"]:
        return _timed("clock", [0 if match["word"].lower() == "midnight" else 12, 0], match)
    hour, minute = int(match["h"] or match["h2"]), int(match["min"] or match["min2"] or 0)
    if match["half"]:
        hour = hour % 12 + (12 if match["half"].lower() == "p" else 0)
    return _timed("clock", [hour % 24, minute], match)


def _timed(kind: Kind, parts: Sequence[int | None], match: re.Match[str]) -> Quantity:
    values = tuple(None if part is None else Decimal(part) for part in parts)
    return Quantity(
        kind=kind,
        values=values,
        step=Decimal(1),
        unit="",
        scaled=False,
        direction=0,
        sign="",
        times=Decimal(1),
        text=match[0],
        start=match.start(),
        end=match.end(),
    )


def _number(match: re.Match[str], text: str) -> Quantity | None:
    value, step = _value(match["digits"].lower())
    if value is None or (match["ordinal"] or "s").lower() != "s":
        return None
    if _names(match["digits"], text[: match.start("digits")]):
        return None
    for part in filter(None, (match["plus"], match["late"])):
        value, step = value + _part(part), Decimal("0.01")
    if match["dozen"]:
        value *= _DOZEN
    if match["over"] and int(match["over"][1:]):
        value, step = value / int(match["over"][1:]), Decimal("0.0001")
    short = match["short"] if match["currency"] or match["short"] == "k" else None  # "3M" is a name, "5m" a length
    scale = (match["scale"] or short or match["cjk"] or "").lower()
    factor = Decimal(10) ** SCALES.get(scale, 0)
    unit, times = _unit(match)
    end, per = match.start("unit") if match["unit"] == "a" else match.end(), ""
    if match["digits"].lower() in TIMES_WORDS:
        unit, times, end = "times", Decimal(1), match.end("digits")
    if unit == "times" and (often := _PER.match(text, end)):
        end, per = often.end(), _per(often)
    if match["digits"].lower() == "one" and not (unit or scale or match["plus"] or match["dozen"]):  # mostly a pronoun
        return None
    enclosed = bool(match["open"] and (match["close"] or match["shut"]))
    year = (
        not (unit or scale or match["currency"] or "," in match["digits"])
        and value == value.to_integral_value()
        and _YEARS[0] <= value <= _YEARS[1]
    )
    either = enclosed and unit != "percent" and not match["shut"]
    bullet = text[: match.start()].rstrip().endswith((":", ";", ")"))
    minus = bool((match["sign"] and not bullet) or match["sign2"] or (enclosed and not either))
    return Quantity(
        kind="number",
        values=(value * factor * times,),
        step=step * factor * times,
        unit=unit,
        scaled=bool(scale),
        direction=0 if either or year else -1 if minus else _direction(text, match.start(), match.end()),
        sign="either" if either else "minus" if minus else "",
        times=times,
        text=" ".join(text[match.start() : end].strip("( ").replace(")", "").split()),
        start=match.start("digits"),
        end=end,
        per=per,
    )


def _per(match: re.Match[str]) -> str:
    return UNITS[match["unit"].lower()] if match["unit"] else _ADVERBS[match["adverb"].lower()]


def _names(digits: str, before: str) -> bool:
    """Whether a fraction with a capital inside a sentence is a part of a name: "State Quarter"."""
    return digits.capitalize() == digits and digits.lower() in _PARTS and before.rstrip()[-1:].isalnum()


def _part(text: str) -> Decimal:
    """What "and a half", "and three quarters" or "1/2" behind a number adds to it."""
    if "/" in text:
        above, below = map(int, text.split("/"))
        return Decimal(above) / below if below else Decimal(0)
    last = re.split(r"[\s-]", text.lower())[-1].removesuffix("s")
    return Decimal(_PARTS[last]) * (3 if "three" in text.lower() else 1)


def _value(digits: str) -> tuple[Decimal | None, Decimal]:
    """The value and what its last digit counts; noughts behind a point are mostly those of a format."""
    if digits in _PARTS:
        return Decimal(_PARTS[digits]), Decimal("0.01")
    if digits in TIMES_WORDS:
        return Decimal(TIMES_WORDS[digits]), Decimal(1)
    if digits[0].isalpha() and (part := re.split(r"[- ]", digits)[-1].removesuffix("s")) in _PARTS:
        return Decimal(NUMBER_WORDS[re.split(r"[- ]", digits)[0]]) * Decimal(_PARTS[part]), Decimal("0.01")
    if digits[0].isalpha():
        parts = re.split(r"[- ]", digits)
        return sum((Decimal(NUMBER_WORDS.get(part, 1)) for part in parts), Decimal(0)), Decimal(1)
    plain = re.sub(r"[,\u00a0\u202f]", "", digits)
    if plain.count(".") > 1 or len(plain) > MOST_DIGITS:
        return None, Decimal(1)
    return Decimal(plain), Decimal(1).scaleb(-len(plain.partition(".")[2].rstrip("0")))


def _unit(match: re.Match[str]) -> tuple[str, Decimal]:
    written = (match["unit"] or "").lower()
    if match["currency"] and written not in ("%", "percent"):
        return CURRENCIES[match["currency"].lower()], Decimal(1)
    name = OTHER_UNITS.get(written, "")
    name = name or UNITS.get(written) or UNITS_OF_OTHER_SCRIPTS.get(written, "")
    if match["unit"] == "a":  # the article; an ampere has a capital
        name = ""
    if (
        len(written) == 1
        and written.isalpha()
        and written.isascii()
        and not match[0][: -len(written)].endswith((" ", "\u202f"))
    ):
        name = name if written in "xhmgls" else ""
    base, times = BASES.get(name, (name, "1"))
    return base, Decimal(times)


def _direction(text: str, start: int, end: int) -> int:
    """What the clause around a number says of it: the nearest word of rise or fall before it, else the first behind."""
    before = _CLAUSE.split(text[max(0, start - 80) : start])[-1]
    behind = _CLAUSE.split(text[end : end + 25], maxsplit=1)[0]
    marks = [(match.start(), way) for way, form in ((-1, _DOWN), (1, _UP)) for match in form.finditer(before)]
    if marks:
        return max(marks)[1]
    marks = [(match.start(), way) for way, form in ((-1, _DOWN), (1, _UP)) for match in form.finditer(behind)]
    return min(marks)[1] if marks else 0
