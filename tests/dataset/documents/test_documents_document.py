"""A document as text, and why there is none."""

from pathlib import Path

import pytest

from rag_eval.dataset import documents
from rag_eval.dataset.documents.document import Document, UnreadableDocument, UnreadableError


def test_an_error_of_a_reader_has_a_code_for_counting_and_a_sentence_for_people() -> None:
    """Neither is the other, and the sentence is what is printed."""
    error = UnreadableError("broken", "is a broken Word document. Save it again.")
    assert (error.reason, str(error)) == ("broken", "is a broken Word document. Save it again.")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.docx", b"no zip", "broken"),
        ("a.pdf", b"%PDF-1.4 and no more", "broken"),
        ("a.txt", b"a\0b", "not_text"),
    ],
)
def test_what_cannot_be_read_says_which_file_and_why(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    """And the documents beside it are read."""
    (tmp_path / name).write_bytes(content)
    (tmp_path / "good.md").write_text("# Fares\n\nNine pounds.\n")
    bad, good = documents.read(documents.find(str(tmp_path)))
    assert isinstance(bad, UnreadableDocument)
    assert (bad.id, bad.path, bad.reason) == (name, str(tmp_path / name), reason)
    assert bad.message
    assert isinstance(good, Document)
    assert (good.id, good.kind, good.text) == ("good.md", "markdown", "# Fares\n\nNine pounds.\n")


def test_the_same_bytes_have_the_same_digest_wherever_they_lie(tmp_path: Path) -> None:
    """And an id that is their path beneath the folder, with forward slashes."""
    for name in ("a.md", "below/b.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("The same.")
    first, second = documents.read(documents.find(str(tmp_path)))
    assert isinstance(first, Document)
    assert isinstance(second, Document)
    assert (first.id, second.id) == ("a.md", "below/b.md")
    assert first.sha256 == second.sha256
