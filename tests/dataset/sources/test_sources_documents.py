"""Passages of a corpus: the same as the demo service makes of the same pages."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_eval.dataset.sources.documents import passages
from rag_eval.errors import DataError
from rag_eval.staging.corpus import read_passages
from rag_eval.staging.errors import CorpusError

Save = Callable[[str, str | bytes], Path]

ODD_PAGES = {
    "no-intro": "# Title\n\n## One\ntext\n",
    "title-only": "# Title\n",
    "intro-only": "# Title\n\nSome text.\n\n",
    "late-title": "\n  \n# Title\nintro\n## One\n",
    "byte-order-mark": "\ufeff# Title\nintro\n## One\ntext\n",
    "crlf": "# Title\r\nintro\r\n\r\n## One\r\ntext\r\n",
    "form-feed": "# Title\na\x0cb\x85c\u2028d\n## One\x0c\nx\x0by\n",
    "deeper": "# Title\n## One\n### Two\n#### Three\n##Four\n # Five\n",
    "second-title": "# Title\n# Another\nintro\n## One\n# Third\n",
    "spaces": "#   Title  \n  indented\n\n##   One   two  \n\n\n  text  \n\n\n## ##  Three ##\n",
    "signs": "# Fees & deposits?\n## Ärger – 5 % (*really*)!\ntext\n## 24/7\n",
    "intro-section": "# Title\n\n## Intro\n# not a title\ntext\n",
    "empty-section": "# Title\n## One\n\n## Two\n",
    "code": "# Title\n```\n# comment\n## looks like a heading\n```\n",
    "tab": "# Title\n##\tOne\ntext\n",
}


def _as_served(folder: Path) -> list[tuple[str, str]]:
    return [(passage.id, passage.text) for passage in read_passages(folder)]


def test_demo_pages(repository: Path) -> None:
    """The pages of the demo set are cut into the passages that the demo service serves, in its order."""
    pages = repository / "datasets/harbour/source/pages"
    assert list(passages(str(pages)).items()) == _as_served(pages)


@pytest.mark.parametrize("name", ODD_PAGES)
def test_odd_page(save: Save, tmp_path: Path, name: str) -> None:
    """Odd pages are cut into the passages that the demo service serves, to the letter."""
    save(f"pages/{name}.md", ODD_PAGES[name])
    save("pages/z.md", "# Last\ntext")
    assert list(passages(str(tmp_path / "pages")).items()) == _as_served(tmp_path / "pages")


def test_order_of_pages(save: Save, tmp_path: Path) -> None:
    """Pages come by file name; files of other kinds and folders inside are no pages."""
    for name in ("b.md", "a-1.md", "a.md", "B.md", "notes.txt", "inner/c.md"):
        save(f"pages/{name}", "# Title\ntext\n")
    assert list(passages(str(tmp_path / "pages")).items()) == _as_served(tmp_path / "pages")


@given(st.text("ab# \n\r\t\x0c\xa0é5-", max_size=40).map(lambda text: f"# T\n{text}"))
def test_any_page(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Any page under a title gives what the demo service serves, or an error where that gives one."""
    folder = tmp_path_factory.getbasetemp() / "any pages"
    folder.mkdir(exist_ok=True)
    (folder / "p.md").write_text(text, encoding="utf-8", newline="")
    try:
        served = _as_served(folder)
    except CorpusError:
        with pytest.raises(DataError):
            passages(str(folder))
        return
    if served:
        assert list(passages(str(folder)).items()) == served


def test_page_without_a_title(save: Save, tmp_path: Path) -> None:
    """A page need not begin with a title to be read, which the demo service demands."""
    save("pages/a.md", "Just text.\n\n## One\ntext\n")
    save("pages/b.md", "## Two\ntext\n")
    assert passages(str(tmp_path / "pages")) == {
        "a#intro": "Just text.",
        "a#one": "One\ntext",
        "b#two": "Two\ntext",
    }


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"pages/a.png": "# Title"}, "pages: there is no document here"),
        ({"pages/a.md": ""}, "pages: holds no passages"),
        ({"pages/a.md": "# A\n## Same\nx\n## same!\ny\n"}, "the passage id 'a#same' stands twice"),
        ({"pages/a.md": "# A\n## ???\nx\n"}, r"a\.md: the heading '\?\?\?' has no letter"),
        ({"pages/a.md": b"# A\nna\xefve\n"}, r"a\.md: expected a page in UTF-8"),
        ({"pages/a.md/b": ""}, r"a\.md: expected a page in UTF-8"),
    ],
)
def test_bad_pages(save: Save, tmp_path: Path, files: dict[str, str | bytes], says: str) -> None:
    """A corpus that cannot be read is one error that names the folder or the page."""
    for name, content in files.items():
        save(name, content)
    with pytest.raises(DataError, match=says):
        passages(str(tmp_path / "pages"))


def test_table(save: Save, tmp_path: Path) -> None:
    """A table of ids and texts is a corpus in every format; a number may be an id, zero too."""
    held = [{"id": 0, "text": "zero"}, {"id": 1, "text": "one"}]
    pq.write_table(pa.Table.from_pylist(held), tmp_path / "a.parquet")
    for path in (
        tmp_path / "a.parquet",
        save("a.csv", "id,text,more\n0,zero,x\n1,one,y\n"),
        save("a.jsonl", "\n".join(map(json.dumps, held))),
        save("a.json", json.dumps(held)),
    ):
        assert passages(str(path)) == {"0": "zero", "1": "one"}


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        (
            "a.jsonl",
            '{"id": "a", "text": "x"}\n{"key": "b"}',
            r"a\.jsonl:2: expected columns id and text, found \['key'\]",
        ),
        ("a.jsonl", '{"id": "a", "text": 5}', r"a\.jsonl:1: expected columns id and text"),
        ("a.jsonl", "[1]", r"a\.jsonl:1: the line: expected a JSON object"),
        ("a.jsonl", r'{"id": "a", "text": "\ud800"}', r"a\.jsonl:1: expected Unicode text"),
        ("a.csv", "id,text\na,x\na,y\n", "the passage id 'a' stands twice"),
        ("a.csv", "id,text\n,x\n", r"a\.csv:2: expected columns id and text"),
        ("a.csv", "id,text\n", r"a\.csv: holds no passages"),
    ],
)
def test_bad_table(save: Save, name: str, content: str, says: str) -> None:
    """A table that is no corpus is one error with file, line, expected and found."""
    with pytest.raises(DataError, match=says):
        passages(str(save(name, content)))


def test_missing(tmp_path: Path) -> None:
    """A corpus that is not there is an error that names it."""
    with pytest.raises(DataError, match="there is no such file or folder"):
        passages(str(tmp_path / "pages"))


@pytest.mark.realdata
def test_a_book(realdata: Path) -> None:
    """The pages of a book are cut into passages without losing a page, unless a heading makes no id."""
    pages = realdata / "docs_md/rust-book"
    found = passages(str(pages))
    assert len({key.partition("#")[0] for key in found}) == len(list(pages.glob("*.md")))


@pytest.mark.realdata
def test_table_of_documents(realdata: Path) -> None:
    """A published retrieval collection is read as a corpus."""
    assert len(passages(str(realdata / "cranfield/corpus.jsonl"))) == 1400


@pytest.mark.parametrize(
    "row",
    [
        {"_id": "a", "title": "T", "text": "x"},
        {"doc_id": "a", "contents": "T\nx", "metadata": {}},
        {"chunk_id": "a", "page_content": "T\nx"},
    ],
)
def test_a_corpus_of_others(save: Save, row: dict[str, object]) -> None:
    """BEIR's, whose titles belong to the text, AutoRAG's, LangChain's."""
    assert passages(str(save("corpus.jsonl", json.dumps(row)))) == {"a": "T\nx"}


def test_documents_of_a_folder(save: Save, tmp_path: Path) -> None:
    """Where no page stands in the folder itself, or where ids name files, they are cut as drafts are made of them."""
    save("docs/guide/a.md", "# A\n\nText.\n\n## B { #the-b }\n\nMore.\n")
    ids = ["guide/a.md#a", "guide/a.md#the-b"]
    assert [*passages(str(tmp_path / "docs"))] == ids
    save("docs/c.md", "Hello.\n")
    assert [*passages(str(tmp_path / "docs"))] == ["c#intro"]
    assert [*passages(str(tmp_path / "docs"), by_file=True)] == ["c.md#start", *ids]
