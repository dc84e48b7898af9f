"""Passages are found again by number and by words."""

from collections.abc import Iterator

import pytest

from rag_eval.dataset.documents import Document
from rag_eval.dataset.drafting import PassageIndex

SENTENCE = "The keeper of tower {n} winds the clock on day {n} with key {n}."


@pytest.fixture
def index() -> Iterator[PassageIndex]:
    """Twenty documents of two sections."""
    with PassageIndex() as index:
        for _ in index.fill(_document(n) for n in range(20)):
            pass
        yield index


def _document(n: int) -> Document:
    text = (
        f"# Tower {n}\n\n## Clock\n\n{SENTENCE.format(n=n)}\n\n## Bell\n\n1. Bell {n} hangs high.\n2. Ring bell {n}.\n"
    )
    return Document(f"tower-{n}.md", "markdown", "0" * 64, text)


def test_a_shelf_finds_its_passages(index: PassageIndex) -> None:
    """By number, by id, by text and by words; a neighbour is of another document."""
    assert index.count() == 40
    first = index.passage(1)
    assert (first.id, first.document) == ("tower-0.md#clock", "tower-0.md")
    assert index.text(first.id) == first.text
    assert index.id_of(first.text) == first.id
    assert index.text("nowhere") is None
    assert index.search("who winds the clock of tower 7 with key 7", 1)[0].document == "tower-7.md"
    assert index.search("??? \"' OR NEAR(", 3) == []
    neighbour = index.neighbour(first)
    assert neighbour is not None
    assert neighbour.document != first.document
    assert [len(numbers) for numbers in index.numbers(steps=True)] == [1] * 20


def test_damaged_passages_are_told_and_not_drafted_from() -> None:
    """Neither of themselves nor as the neighbour of another; they are searched all the same."""
    sound, damaged = (
        _document(1),
        Document("b.pdf", "pdf", "0" * 64, "The keeper of tower 1 winds the cl�ck with k�y 1."),
    )
    with PassageIndex() as index:
        for _ in index.fill([sound, damaged]):
            pass
        assert [index.passage(n).document for numbers in index.numbers() for n in numbers] == ["tower-1.md"] * 2
        assert index.neighbour(index.passage(1)) is None
        assert {passage.document for passage in index.search("keeper of the tower", 9)} == {"tower-1.md", "b.pdf"}
        ((document, count, of, share),) = index.garbled()
        assert (document, count, of) == ("b.pdf", 1, 1)
        assert share == pytest.approx(2 / 11)
