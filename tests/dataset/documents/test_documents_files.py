"""Which files are documents, and what is read out of each."""

import hashlib
import os
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from support.growth import grows_linearly

from rag_eval.dataset.documents import Document, UnreadableDocument, files, find, holds_rows, is_document, read
from rag_eval.dataset.documents.chunks import chunks
from rag_eval.errors import DataError, UsageError

Save = Callable[[str, str | bytes], Path]


def _ids(source: str | Path) -> list[str]:
    return [one.id for one in read(find(str(source)))]


def _read(path: Path) -> Document:
    (found,) = read(find(str(path)))
    assert isinstance(found, Document)
    return found


def _reason(path: Path) -> str:
    (found,) = read(find(str(path)))
    assert isinstance(found, UnreadableDocument)
    assert found.path == str(path)
    return found.reason


def test_folder(save: Save, tmp_path: Path) -> None:
    """Documents of a folder come sorted, however deep; others are counted by ending, hidden ones passed over."""
    names = ("b.md", "a.txt", "in/c.HTML", "in/deep er/d.rst", "x.png", "y.PNG", "in/z.png", "Makefile", "t.csv")
    for name in (*names, ".hidden.md", ".git/e.md", "in/.cache/f.md"):
        save(f"docs/{name}", "text")
    found = find(str(tmp_path / "docs"))
    assert found.root == tmp_path / "docs"
    assert [path.relative_to(found.root).as_posix() for path in found.files] == [
        "a.txt",
        "b.md",
        "in/c.HTML",
        "in/deep er/d.rst",
    ]
    assert found.passed_over == Counter({".png": 3, "Makefile": 1, ".csv": 1})
    assert _ids(tmp_path / "docs") == ["a.txt", "b.md", "in/c.HTML", "in/deep er/d.rst"]


@pytest.mark.parametrize(
    ("pattern", "ids"),
    [
        ("docs/**/*.md", ["a.md", "in/b.md", "in/deep/c.md"]),
        ("docs/*.md", ["a.md"]),
        ("docs/in/**", ["b.md", "d.txt", "deep/c.md"]),
        ("docs/in/?.md", ["b.md"]),
        ("docs/in/[bd].*", ["b.md", "d.txt"]),
        ("d*/**/c.md", ["c.md"]),
    ],
)
def test_pattern(save: Save, tmp_path: Path, pattern: str, ids: list[str]) -> None:
    """A pattern gives the documents that match it, with ids from the folder that they share; hidden ones not."""
    for name in ("a.md", "in/b.md", "in/deep/c.md", "in/d.txt", "in/.e.md", "in/x.png"):
        save(f"docs/{name}", "text")
    assert _ids(tmp_path / pattern) == ids


def test_pattern_from_here(save: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path or pattern is read from where the command runs."""
    save("docs/a.md", "text")
    monkeypatch.chdir(tmp_path)
    assert _ids("docs") == _ids("docs/*.md") == _ids("**/*.md") == _ids("docs/a.md") == ["a.md"]


def test_folder_with_brackets(save: Save) -> None:
    """A folder whose name looks like a pattern is a folder."""
    assert _ids(save("docs [old]/a.md", "text").parent) == ["a.md"]


def test_one_file(save: Save) -> None:
    """A single file is named by its name, with its digest, its kind and its encoding."""
    path = save("docs/a.md", "# T\r\ntext\r\n")
    assert _read(path) == Document(
        "a.md", "markdown", hashlib.sha256(path.read_bytes()).hexdigest(), "# T\r\ntext\r\n", "utf-8"
    )


@pytest.mark.parametrize("name", ["docs", "docs/none.md", "docs/*.html", "x.md"])
def test_nothing_there(save: Save, tmp_path: Path, name: str) -> None:
    """What is not there, and a folder or pattern without documents, are errors that name it."""
    save("docs/a.png", "")
    with pytest.raises(DataError, match=name.replace("*", r"\*")):
        find(str(tmp_path / name))


@pytest.mark.parametrize("name", ["a.png", "a", "a.csv"])
def test_no_document(save: Save, name: str) -> None:
    """A single file that is no document is an error that says what can be read."""
    with pytest.raises(DataError, match=r"there is no document here; those that can be read end in \.adoc, \.docx"):
        find(str(save(name, "text")))


@pytest.mark.parametrize("ending", ["doc", "PPTX", "odt", "xlsx", "epub"])
def test_not_supported(save: Save, ending: str) -> None:
    """A document of a kind that is not read is named, with what to do."""
    (found,) = read(find(str(save(f"a.{ending}", "x"))))
    assert isinstance(found, UnreadableDocument)
    assert (found.id, found.reason) == (f"a.{ending}", "not_supported")
    assert "save it as" in found.message


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.md", "", "empty"),
        ("a.txt", " \r\n\t", "empty"),
        ("a.txt", b"\x89PNG\r\n\0\0\0", "not_text"),
        ("a.md", "UTF-16".encode("utf-16-le"), "not_text"),
        ("a.md", b"\xef\xbb\xbfna\xefve", "bad_encoding"),
        ("a.html", "", "no_text"),
        ("a.html", "<nav>x</nav>", "no_text"),
        ("a.pdf", "", "broken"),
        ("a.docx", "", "broken"),
    ],
)
def test_unreadable(save: Save, name: str, content: str | bytes, reason: str) -> None:
    """A document that cannot be read has a reason."""
    assert _reason(save(name, content)) == reason


def test_others_are_read(save: Save, tmp_path: Path) -> None:
    """A document that cannot be read does not keep the others from being read."""
    for name, content in (("a.md", "text"), ("b.pdf", "x"), ("c.md", ""), ("d.txt", "text")):
        save(f"docs/{name}", content)
    assert [type(one) for one in read(find(str(tmp_path / "docs")))] == [
        Document,
        UnreadableDocument,
        UnreadableDocument,
        Document,
    ]


def test_too_large(save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text larger than the limit is not read into memory."""
    monkeypatch.setattr(files, "_LARGEST", 5)
    assert _reason(save("a.md", "six ch")) == "too_large"
    assert _read(save("a.md", "five!")).text == "five!"


def test_gone(save: Save) -> None:
    """A file that went away after it was found is unreadable, and so is a link that leads nowhere."""
    found = find(str(save("a.md", "text")))
    found.files[0].unlink()
    (lost,) = read(found)
    assert isinstance(lost, UnreadableDocument)
    assert lost.reason == "cannot_be_opened"


def test_link_to_nowhere(save: Save, tmp_path: Path) -> None:
    """A link that leads nowhere is named and keeps nothing from being read."""
    save("docs/b.md", "text")
    (tmp_path / "docs/a.md").symlink_to(tmp_path / "nowhere.md")
    broken, good = read(find(str(tmp_path / "docs")))
    assert isinstance(broken, UnreadableDocument)
    assert broken.reason == "cannot_be_opened"
    assert isinstance(good, Document)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_no_permission(save: Save) -> None:
    """A file that may not be read is unreadable."""
    path = save("a.md", "text")
    path.chmod(0)
    assert _reason(path) == "cannot_be_opened"


@pytest.mark.slow
def test_many_files(save: Save, tmp_path: Path) -> None:
    """Finding takes time in proportion to the number of files."""
    for size in (500, 2000):
        for number in range(size):
            save(f"docs-{size}/{number}.md", "")
    assert grows_linearly(lambda size: len(find(str(tmp_path / f"docs-{size}")).files), 2000)


def test_library(save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where what reads pages is not installed, the error says how to get it."""
    path = save("a.html", "<p>x")
    monkeypatch.setitem(sys.modules, "bs4", None)
    with pytest.raises(UsageError, match=r"read by beautifulsoup4, which is not installed.*'rag-eval\[documents\]'"):
        list(read(find(str(path))))


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("a.md", True), ("x/A.PDF", True), ("a.htm", True), ("a.doc", False), ("a", False), ("md", False)],
)
def test_is_document(name: str, is_one: bool) -> None:  # noqa: FBT001 - what is expected
    """A document is known by its ending, in capital letters too."""
    assert is_document(name) is is_one


@pytest.mark.parametrize(
    ("names", "rows"),
    [
        (["a.csv"], True),
        (["README.md", "data/a.parquet"], True),
        (["manifest.yaml", "a.md"], True),
        (["dataset_info.json", "a.md"], True),
        (["a.csv", "a.md"], False),
        (["a.md"], False),
        (["a.png"], False),
        ([".a.csv"], False),
        ([], False),
    ],
)
def test_holds_rows(save: Save, tmp_path: Path, names: list[str], rows: bool) -> None:  # noqa: FBT001 - what is expected
    """A folder is a dataset by its marks, or by files of rows with no document beside them but a README."""
    (tmp_path / "folder").mkdir()
    for name in names:
        save(f"folder/{name}", "text")
    assert holds_rows(tmp_path / "folder") is rows


@pytest.mark.realdata
def test_real_pages(realdata: Path) -> None:
    """Published pages are read in whatever encoding they were written, and the unreadable ones have reasons."""
    found = {one.id: one for one in read(find(str(realdata / "html_pdf")))}
    assert [one.reason for one in found.values() if isinstance(one, UnreadableDocument)] == ["password_protected"]
    page = found["unstructured__fake-html-cp1252.html"]
    assert isinstance(page, Document)
    assert "köstlich" in page.text
    assert "€" in page.text
    assert all("\ufffd" not in one.text for one in found.values() if isinstance(one, Document) and one.kind == "html")


@pytest.mark.realdata
def test_a_book(realdata: Path) -> None:
    """Every passage of a book is a slice of its file read as UTF-8, and no two have one id."""
    folder = realdata / "docs_md/rust-book"
    seen = set()
    for document in read(find(str(folder))):
        assert isinstance(document, Document)
        text = (folder / document.id).read_bytes().decode()
        for chunk in chunks(document):
            assert chunk.text == text[chunk.start : chunk.end]
            seen.add(chunk.id)
    assert len(seen) == sum(len(list(chunks(one))) for one in read(find(str(folder))) if isinstance(one, Document))
    assert len(seen) > 700


def test_names_and_line_ends_that_cannot_be_used(tmp_path: Path) -> None:
    """A name that is no UTF-8, and lines that end with CR alone, are named reasons; the others are read."""
    import os

    (tmp_path / "good.md").write_text("# A\n\ntext\n")
    (tmp_path / "mac.md").write_bytes(b"# A\r\rThe tram leaves.\r")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff.md")).write_text("text")
    found = {one.id: getattr(one, "reason", "read") for one in read(find(str(tmp_path)))}
    assert found == {"good.md": "read", "mac.md": "old_line_ends", "bad\\xff.md": "bad_name"}
