"""Reading pages into passages."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_eval.staging.corpus import default_corpus, read_passages, slug
from rag_eval.staging.errors import CorpusError


def test_order_and_ids(pages: Path) -> None:
    """Passages come by file name, then as on the page; without an introduction there is no intro."""
    assert [passage.id for passage in read_passages(pages)] == [
        "berths#fees-deposits",
        "berths#rules-on-the-pontoons",
        "ferry#intro",
        "ferry#timetable",
        "ferry#what-to-bring",
        "fuel#intro",
        "fuel#spills",
    ]


def test_texts(pages: Path) -> None:
    """A text is the section as it stands, its heading without marks as the first line."""
    texts = {passage.id: passage.text for passage in read_passages(pages)}
    assert texts["ferry#intro"] == "Island ferry\n\nThe ferry crosses the sound all year."
    assert texts["fuel#spills"] == "Spills\n\nTell the office. Never use detergent on a spill."


def test_deeper_headings_stay(tmp_path: Path) -> None:
    """Only headings of the second level start a section; blank lines before the title do not count."""
    (tmp_path / "a.md").write_text("\n\n# A\n\n## B\nx\n### C\ny\n", encoding="utf-8")
    assert [(one.id, one.text) for one in read_passages(tmp_path)] == [("a#b", "B\nx\n### C\ny")]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"# A\n## Same\nx\n## same!\ny\n", "a#same"),
        (b"# A\n\xff\xfe\n", "cannot be read"),
        (b"no title\n", "first line must be the title"),
        (b"", "first line must be the title"),
        (b"# A\n## ???\nx\n", "'???'"),
    ],
)
def test_bad_page(tmp_path: Path, content: bytes, says: str) -> None:
    """A page that cannot be read as one is named in the error, with what is wrong about it."""
    (tmp_path / "a.md").write_bytes(content)
    with pytest.raises(CorpusError, match=re.escape(says)) as caught:
        read_passages(tmp_path)
    assert str(tmp_path / "a.md") in str(caught.value)


def test_no_pages(tmp_path: Path) -> None:
    """A folder without pages, or one that is not there, is named in the error."""
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(CorpusError, match=re.escape(f"{folder}: no pages here")):
            read_passages(folder)


def test_default_corpus_reads() -> None:
    """The handbook that comes along is found and its ids are unique."""
    ids = [passage.id for passage in read_passages(default_corpus())]
    assert ids
    assert len(set(ids)) == len(ids)


@given(st.text())
def test_slug(heading: str) -> None:
    """A slug holds a-z, 0-9 and single inner dashes only, and is its own slug."""
    made = slug(heading)
    assert re.fullmatch(r"([a-z0-9]+(-[a-z0-9]+)*)?", made)
    assert slug(made) == made
