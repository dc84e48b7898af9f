"""How much of a text is damaged is seen without knowing its words."""

import pytest
from support.growth import grows_linearly

from rag_eval.language.damage import MUCH, damage

_PROSE = (
    "The harbour office is open from nine to five, and on Sundays from ten. Boats pay by length; see page 4 (table 2). "
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        _PROSE * 5,
        "JavaScript and AutoGen call getUserNameById(…) at https://example.org/a/very/long/address/of/a/page.html. "
        * 3,
        "a b c are variables; U. S. A. is not.",
        "| Net revenue | $73,037 | (12,947) | −2% |\n" * 20,
        "System.Collections.Generic, Node.Js and Dictionary<string,Object> are names. " * 3,
        "Donaudampfschifffahrtsgesellschaft is German.",
        "港口办公室九点开门。" * 20,
        "Der Hafen öffnet um neun; Ærøskøbing å være, köstlich, naïve café. " * 5,
        "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 of the file. " * 5,
    ],
)
def test_sound_text(text: str) -> None:
    """Prose of any language, code, addresses and tables are whole."""
    assert damage(text) < MUCH


@pytest.mark.parametrize(
    ("text", "share"),
    [
        (f"{_PROSE}of�ce", 1 / 22),
        ("Öl fÃ¼r alle", 1 / 3),
        (f"{_PROSE}\ue001\ue002", 1 / 22),
        ("see (cid:12)(cid:7) there", 1 / 3),
        ("theharbourofficeisopenfromninetofiveandlater and more", 1 / 3),
        ("a word,And getTheHarbourOfficeOpenFromNineToFive more", 2 / 4),
        ("A N N U A L of the year", 6 / 9),
        ("".join(chr((ord(letter) - 97 - 3) % 26 + 97) if letter.islower() else letter for letter in _PROSE * 4), 1.0),
    ],
)
def test_damaged_text(text: str, share: float) -> None:
    """Letters that could not be decoded, glued words, words in letters, letters moved in the alphabet."""
    assert damage(text) == pytest.approx(share, abs=0.03)
    assert damage(text) >= MUCH


@pytest.mark.parametrize("part", ["a ", "aB", "a.B", "abC", "Ã", "ab,Cd", "abcDef"])
def test_time(part: str) -> None:
    """Any text takes time in proportion to its length."""
    assert grows_linearly(lambda size: damage(part * (size // len(part))), 40_000)
