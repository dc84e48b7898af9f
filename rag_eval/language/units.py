"""Scales, currencies and units of measure, in the languages and scripts that texts are written in."""

from typing import Final

SCALES: Final = {
    "hundred thousand": 5, "hundred million": 8, "hundred billion": 11,
    "hundred": 2, "thousand": 3, "thousands": 3, "k": 3, "million": 6, "millions": 6, "mn": 6, "mio": 6, "mm": 6,
    "m": 6, "billion": 9, "billions": 9, "bn": 9, "b": 9, "mrd": 9, "trillion": 12, "tn": 12, "万": 4,
    "千": 3, "百": 2, "亿": 8, "億": 8, "百万": 6,
}  # fmt: skip
"""Word or sign of a scale to its power of ten."""
CURRENCIES: Final = {
    "$": "dollar", "us$": "dollar", "usd": "dollar", "€": "euro", "eur": "euro", "£": "pound", "gbp": "pound",
    "¥": "yen", "jpy": "yen", "chf": "franc", "rmb": "yuan", "cny": "yuan", "inr": "rupee", "₹": "rupee",
}  # fmt: skip
"""Sign or code of a currency to its name."""
UNITS_OF_OTHER_SCRIPTS: Final = {
    "欧元": "euro", "ユーロ": "euro", "美元": "dollar", "ドル": "dollar", "円": "yen", "元": "yuan",
    "公里": "kilometre", "千米": "kilometre", "キロメートル": "kilometre",
    "米": "metre", "メートル": "metre", "公斤": "kilogram",
    "キログラム": "kilogram", "秒": "second", "分钟": "minute", "分鐘": "minute", "分": "minute", "小时": "hour",
    "小時": "hour", "時間": "hour", "天": "day", "日間": "day", "周": "week", "週間": "week", "个月": "month",
    "か月": "month", "ヶ月": "month", "年": "year", "岁": "year", "歳": "year", "パーセント": "percent",
}  # fmt: skip
"""Units and currencies in Chinese and Japanese."""
BASES: Final = {
    "kilometre": ("metre", "1000"), "centimetre": ("metre", "0.01"), "millimetre": ("metre", "0.001"),
    "kilogram": ("gram", "1000"), "tonne": ("gram", "1000000"), "minute": ("second", "60"), "hour": ("second", "3600"),
    "day": ("second", "86400"), "week": ("second", "604800"), "kilowatt": ("watt", "1000"), "year": ("month", "12"),
    "basis point": ("percent", "0.01"),
}  # fmt: skip
"""Unit to the one it is counted in here, and how many of them it is."""
OTHER_UNITS: Final = {
    "bps": "basis point", "basis points": "basis point", "x": "times", "time": "times", "times": "times",
    "％": "percent",  # noqa: RUF001
}  # fmt: skip
"""Units that are abbreviated or written in another way."""
LOOSE_UNITS: Final = frozenset({"", "times", "point"})
"""Units that say nothing: a ratio may be written with or without them."""
TIMES_WORDS: Final = {"once": "1", "twice": "2", "thrice": "3"}
"""Words for how often, to the number they stand for."""
