"""Pieces become a text: they go on from one another, or hold all of the text so far."""

from itertools import accumulate
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_eval.errors import TargetError
from rag_eval.targets.http.stream_text import Piece, join_pieces

POOL = ["The", " pool", " opens", " at six."]
WHOLE = "".join(POOL)


def text(*pieces: str, how: Literal["append", "replace", "auto"] = "auto", known: bool = False) -> str:
    """What pieces of one kind come to."""
    return join_pieces([Piece(piece) for piece in pieces], how, cumulative=known).text


@given(st.lists(st.text(alphabet="ab \n", min_size=1, max_size=4), min_size=1, max_size=9))
def test_pieces_that_are_told_to_go_on(pieces: list[str]) -> None:
    """Are put together as they are."""
    assert text(*pieces, how="append") == "".join(pieces)
    assert text(*pieces, how="replace") == pieces[-1]


@pytest.mark.parametrize(
    "pieces",
    [
        [*accumulate(POOL)],
        [*accumulate(POOL), WHOLE, WHOLE],
        [*(f"{so_far}▌" for so_far in accumulate(POOL)), WHOLE],
        ["▌", *(f"{so_far} ▌" for so_far in accumulate(POOL)), WHOLE],
        ["…", *(f"{so_far}…" for so_far in accumulate(POOL)), WHOLE],
        [*(f"{so_far} ..." for so_far in accumulate(POOL)), WHOLE],
    ],
)
def test_pieces_that_hold_the_text_so_far(pieces: list[str]) -> None:
    """Are known by growing out of one another, also with a cursor behind them."""
    assert join_pieces([Piece(piece) for piece in pieces]).cumulative
    assert text(*pieces) == WHOLE


@pytest.mark.parametrize(
    "pieces",
    [
        ["ha", "haha"],
        ["ha", "haha", "hahaha"],
        ["ha", "ha", "haha"],
        ["1", "10"],
        ["a", "an", " ox"],
        ["The", " pool", " pool", " pool"],
    ],
)
def test_words_that_repeat(pieces: list[str]) -> None:
    """Are no text so far: what could be either goes on."""
    assert text(*pieces) == "".join(pieces)


def test_a_service_that_was_seen_to_replace() -> None:
    """Is read so where one answer alone would not tell."""
    assert text("Yes", "Yes.") == "YesYes."
    assert text("Yes", "Yes.", known=True) == "Yes."
    assert text(*POOL, known=True) == WHOLE


@pytest.mark.parametrize(
    "pieces",
    [
        [*accumulate(POOL), *accumulate(["I", " see", "."])],
        ["Searching", "Searching…", "The pool", "The pool opens at", WHOLE],
        ["When?", *accumulate(["The", " pool", " opens", " at six.", " It", " closes", " at nine."])],
        ["Thinking", *accumulate([WHOLE, " Towels cost", " two euros."])],
    ],
)
def test_a_text_so_far_that_begins_anew(pieces: list[str]) -> None:
    """Could be several answers or one that was taken back: it is none, and the error names the setting."""
    with pytest.raises(TargetError, match=r"target\.stream\.pieces"):
        text(*pieces)
    assert text(*pieces, how="replace") == pieces[-1]


@pytest.mark.parametrize(
    "pieces",
    [
        [*POOL, WHOLE],
        [*POOL, WHOLE + "\n", WHOLE],
        [*POOL, WHOLE + " Towels cost two euros."],
        [WHOLE, WHOLE],
    ],
)
def test_a_whole_text_after_its_pieces(pieces: list[str]) -> None:
    """Is not added to them; where it goes on, the rest is."""
    assert text(*pieces).strip() == max(pieces, key=len).strip()


def test_each_part_may_come_again() -> None:
    """Two messages, each in pieces and then whole."""
    second = ["Towels", " cost", " two", " euros."]
    assert text(*POOL, WHOLE, *second, "".join(second)) == f"{WHOLE}{''.join(second)}"


def test_a_short_text_comes_again_in_an_event_of_another_kind() -> None:
    """The event says what it is; without that, two equal pieces are two."""
    first, again = Piece("Yes.", label=("delta",)), Piece("Yes.", label=("done",))
    assert join_pieces([first, again]).text == "Yes."
    assert join_pieces([first, first]).text == "Yes.Yes."
    keys = [Piece("Yes", keys=frozenset("d")), Piece(".", keys=frozenset("d")), Piece("Yes.", keys=frozenset("a"))]
    assert join_pieces(keys).text == "Yes."
