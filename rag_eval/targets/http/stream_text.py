"""The pieces of a stream as one text: whether each goes on from the one before, or holds all of the text so far."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from rag_eval.errors import TargetError
from rag_eval.records import Reason

_FEWEST = 3
"""Pieces that must grow out of one another before they are taken for the text so far."""
_UNMISTAKABLE = 16
"""Characters that no piece repeats by chance."""
_BLOCKS = "▌█▍▋▊▉▎▏■●…"
_CURSORS = f" \t\r\n{_BLOCKS}"
"""What services put behind a text that is not whole yet, three full stops apart."""


@dataclass(frozen=True)
class Piece:
    """A piece of text, when it came, and what kind of event brought it."""

    text: str
    at: float = 0.0
    label: tuple[str, ...] = ()
    """What the event calls itself."""
    keys: frozenset[str] = frozenset()
    """What else the event holds."""


@dataclass(frozen=True)
class StreamText:
    """A text, and where in it each piece ends."""

    text: str
    ends: tuple[int, ...]
    cumulative: bool = False
    """Whether each piece held all of the text so far."""


def join_pieces(
    pieces: Sequence[Piece], how: Literal["append", "replace", "auto"] = "auto", *, cumulative: bool = False
) -> StreamText:
    """What pieces come to; `cumulative` says that those of the same service were seen to hold the text so far.

    Raises `TargetError` where each piece grows out of the one before, but for some that begin anew.
    """
    texts = [piece.text for piece in pieces]
    if how == "replace" or (how == "auto" and _is_cumulative(texts, cumulative=cumulative)):
        return StreamText(texts[-1] if texts else "", tuple(map(len, texts)), cumulative=True)
    return _appended(pieces, once=how == "auto")


def _is_cumulative(texts: Sequence[str], *, cumulative: bool) -> bool:
    grown = _runs(texts)
    enough = 2 if cumulative else _FEWEST
    is_grown = bool(grown) and all(len(run) >= enough and (cumulative or not _is_periodic(run)) for run in grown)
    if len(grown) > 1 and (is_grown or any(map(_is_unmistakable, grown))):
        message = "the pieces of the stream hold the text so far, but begin anew in between"
        raise TargetError(f"{message}; target.stream.pieces says how they are meant", reason=Reason.AMBIGUOUS_PIECES)
    return is_grown


def _is_unmistakable(run: Sequence[str]) -> bool:
    """Whether so much is said again and again, and more each time, as in no text that goes on from piece to piece."""
    return len(run) >= _FEWEST and len(run[-2]) >= _UNMISTAKABLE and not _is_periodic(run)


def _runs(texts: Sequence[str]) -> list[list[str]]:
    """The texts in runs in each of which every text grows out of the one before."""
    runs = [[*texts[:1]]] if texts else []
    for before, text in pairwise(texts):
        if text == before:
            continue
        if _grows(before, text):
            runs[-1].append(text)
        else:
            runs.append([text])
    return runs


def _grows(before: str, text: str) -> bool:
    core = before.rstrip(_CURSORS)
    core = core.rstrip(f".{_CURSORS}") if core.endswith("...") else core
    return text.startswith(core or before.strip(_BLOCKS))


def _is_periodic(run: Sequence[str]) -> bool:
    """Whether it is one word again and again, which pieces that go on would hold too: `ha`, `haha`, `hahaha`."""
    return not run[-1].replace(run[0], "")


def _appended(pieces: Sequence[Piece], *, once: bool) -> StreamText:
    """Pieces that go on from one another; `once` leaves out those that hold a whole part again."""
    texts: list[str] = []
    ends: list[int] = []
    size = part = first = begins = 0
    is_closed = False
    for index, piece in enumerate(pieces):
        before = pieces[first:index] if once and len(piece.text) * 2 >= size - part else ()
        if before and _is_whole(so_far := "".join(texts[begins:]), before, piece, last=index == len(pieces) - 1):
            texts[begins:], is_closed = [max(so_far, piece.text, key=len)], True
            size = part + len(texts[-1])
        else:
            if is_closed:
                part, first, begins, is_closed = size, index, len(texts), False
            texts.append(piece.text)
            size += len(piece.text)
        ends.append(size)
    return StreamText("".join(texts), tuple(ends))


def _is_whole(so_far: str, before: Sequence[Piece], piece: Piece, *, last: bool) -> bool:
    """Whether a piece is all that the ones before came to, once more."""
    core = so_far.strip()
    if len(core) >= _UNMISTAKABLE and (piece.text.startswith(so_far.rstrip()) or piece.text.strip() == core):
        return True
    if not core or piece.text.strip() != core:
        return False
    if all(piece.label != each.label for each in before):
        return True
    is_several = len({each.text for each in before}) > 1 and not _is_periodic([before[0].text, so_far])
    return is_several and (last or all(piece.keys != each.keys for each in before))
