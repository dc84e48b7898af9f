"""Nothing in a text moves the cursor of a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_eval.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", "a␛[31mb"),
        ("a\r\nb\tc", "a\nb\tc"),
        ("a\x7f\x9bb", "a␡\ufffdb"),
        ("a\u202eb\u2066c", "abc"),
        ("half \ud800", "half \ufffd"),
        ("a\u2028b", "a\nb"),
        ("a\u200bb\u2060c\ufeffd\u00ade", "abcde"),
        ("hid\U000e0041\U000e0042den", "hidden"),
        ("pass\u200dword \u200c", "password "),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d🚀", "👩\u200d🚀"),
    ],
)
def test_what_steers_is_shown_as_a_picture_or_left_out(text: str, shown: str) -> None:
    """Line breaks and tabs stay."""
    assert printable(text) == shown


@given(st.text())
def test_any_text_can_be_shown(text: str) -> None:
    """It can be encoded, holds no control but line breaks and tabs, and is shown the same when shown again."""
    shown = printable(text)
    shown.encode()
    assert not any(letter < " " and letter not in "\t\n" for letter in shown)
    assert printable(shown) == shown
