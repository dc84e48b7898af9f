"""What a page holds of its cases, deflated."""

import base64
import json
import zlib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rag_eval.reports.pages.packing import PackedArray, TextPool, packed

_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3)
    ),
    max_leaves=5,
)


def _unpacked(text: str) -> Any:
    return json.loads(zlib.decompress(base64.b64decode(text)))


@given(st.lists(_values, max_size=5))
def test_what_was_packed_is_read_back(values: list[Any]) -> None:
    """As an array that grew, and as one value."""
    array = PackedArray()
    for value in values:
        array.append(value)
    assert len(array) == len(values)
    assert _unpacked(array.packed()) == values
    assert _unpacked(packed(values)) == values


def test_a_large_array_is_deflated_piece_by_piece() -> None:
    """To the very bytes that all of it at once gives."""
    values = [{"n": number, "text": f"é{number}" * 50} for number in range(2000)]
    array = PackedArray()
    for value in values:
        array.append(value)
    assert array.packed() == packed(values)


def test_a_text_is_kept_once() -> None:
    """Under the place at which it first stood."""
    pool = TextPool()
    assert [pool.place(text) for text in ("a", "b", "a", "")] == [0, 1, 0, 2]
    assert _unpacked(pool.packed()) == ["a", "b", ""]


def test_long_texts_are_cut_and_then_alike() -> None:
    """Which is seen, as they end in an ellipsis."""
    pool = TextPool(longest=3)
    assert pool.place("abcd") == pool.place("abce") == 0
    assert _unpacked(pool.packed()) == ["abc …"]


@given(st.lists(st.integers(1, 60), min_size=1, max_size=8, unique=True), st.floats(0.05, 1))
def test_texts_are_cut_so_that_a_share_is_left(lengths: list[int], share: float) -> None:
    """No more than that share, and less only by what rounding down takes from each."""
    pool = TextPool()
    for length in lengths:
        pool.place("x" * length)
    longest = pool.longest_for(share)
    left = sum(min(length, longest) for length in lengths)
    assert share * sum(lengths) - len(lengths) <= left <= share * sum(lengths) + 1e-9
