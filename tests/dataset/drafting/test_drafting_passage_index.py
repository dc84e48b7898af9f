"""Passages are found again by number and by words."""

from collections.abc import Iterator

import pytest

from rag_eval.dataset.documents import Document
from rag_eval.dataset.drafting import PassageIndex

SENTENCE = "The keeper of tower {n} winds the clock on day {n} with key {n}."


@pytest.fixture
def shelf() -> Iterator[PassageIndex]:
    """Twenty documents of two sections."""
    with PassageIndex() as shelf:
        for _ in shelf.fill(_document(n) for n in range(20)):
            pass
        yield shelf


def _document(n: int) -> Document:
    text = (
        f"# Tower {n}\n\n## Clock\n\n{SENTENCE.format(n=n)}\n\n## Bell\n\n1. Bell {n} hangs high.\n2. Ring bell {n}.\n"
    )
    return Document(f"tower-{n}.md", "markdown", "0" * 64, text)


def test_a_shelf_finds_its_passages(shelf: PassageIndex) -> None:
    """By number, by id, by text and by words; a neighbour is of another document."""
    assert shelf.count() == 40
    first = shelf.passage(1)
    assert (first.id, first.document) == ("tower-0.md#clock", "tower-0.md")
    assert shelf.text(first.id) == first.text
    assert shelf.id_of(first.text) == first.id
    assert shelf.text("nowhere") is None
    assert shelf.search("who winds the clock of tower 7 with key 7", 1)[0].document == "tower-7.md"
    assert shelf.search("??? \"' OR NEAR(", 3) == []
    neighbour = shelf.neighbour(first)
    assert neighbour is not None
    assert neighbour.document != first.document
    assert [len(numbers) for numbers in shelf.numbers(steps=True)] == [1] * 20
