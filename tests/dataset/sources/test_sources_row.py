"""Which split of several is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_eval.dataset.sources.row import choose_split
from rag_eval.errors import DataError


def _choose(splits: list[str], asked: str | None = None) -> tuple[str, list[tuple[str, list[str]]]]:
    told: list[tuple[str, list[str]]] = []
    taken = choose_split("set", splits, asked, lambda name, there: told.append((name, [*there])))
    return taken, told


@pytest.mark.parametrize(
    ("splits", "asked", "taken"),
    [
        (["train", "test"], None, "test"),
        (["train", "test"], "train", "train"),
        (["train"], None, "train"),
        (["train"], "train", "train"),
        (["train", "test"], "", "test"),
        (["train"], "", "train"),
        (["Prüfung", "test"], "Prüfung", "Prüfung"),
    ],
)
def test_the_split_that_is_asked_for_is_taken_else_the_only_one_else_test(
    splits: list[str], asked: str | None, taken: str
) -> None:
    """And whoever wants to tell is told which, of which; a name that is empty asks for none."""
    assert _choose(splits, asked) == (taken, [(taken, splits)])


@pytest.mark.parametrize(
    ("splits", "asked", "message"),
    [
        (["train", "dev"], None, "set: has no split 'test'; name one of: train, dev"),
        (["train", "test"], "tset", "set: has no split 'tset'; name one of: train, test"),
        (["train", "test"], "Test", "set: has no split 'Test'; name one of: train, test"),
        (["train"], "test", "set: has no split 'test'; name one of: train"),
        ([], None, "set: has no split, and so no rows. Do: see what wrote it, or name another path"),
        ([], "test", "set: has no split, and so no rows. Do: see what wrote it, or name another path"),
    ],
)
def test_a_split_that_is_not_there_is_told_with_those_that_are(
    splits: list[str], asked: str | None, message: str
) -> None:
    """Nothing else is taken in its place, and nobody is told that anything was."""
    told: list[str] = []
    with pytest.raises(DataError) as caught:
        choose_split("set", splits, asked, lambda name, _: told.append(name))
    assert (str(caught.value), told) == (message, [])


@given(st.lists(st.text(min_size=1), min_size=1, unique=True), st.data())
def test_whatever_a_split_is_called_it_can_be_asked_for(splits: list[str], data: st.DataObject) -> None:
    """By its very name."""
    asked = data.draw(st.sampled_from(splits))
    assert _choose(splits, asked)[0] == asked
