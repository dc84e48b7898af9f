"""Plain text with a question a line, or with questions and answers in turns."""

from pathlib import Path

import pytest

from rag_eval.dataset.sources.questions import holds_questions, read
from rag_eval.dataset.sources.row import DataRow, RowNote
from rag_eval.errors import DataError

_QUESTIONS = "When does it open?\nHow much is it?\n"


def _path(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (_QUESTIONS, [{"question": "When does it open?"}, {"question": "How much is it?"}]),
        ("\ufeff" + _QUESTIONS, [{"question": "When does it open?"}, {"question": "How much is it?"}]),
        (
            "1. When?\n\n2) How?\r\n(3) Who?\n- Why?\n• 何時ですか？",
            [{"question": q} for q in ("When?", "How?", "Who?", "Why?", "何時ですか？")],
        ),
        (
            "When?\nHow?\nWho?\nWhere?\nTell me why.",
            [{"question": q} for q in ("When?", "How?", "Who?", "Where?", "Tell me why.")],
        ),
        ("1:When?\n2:How?\n", [{"question": "When?"}, {"question": "How?"}]),
        ("7 days or 8?\n3.5 or 4?\n", [{"question": "7 days or 8?"}, {"question": "3.5 or 4?"}]),
        (
            "Q: When does it\nopen?\nA: At six.\nEvery day.\n\nQ: How much?\n\nQ2. Who?\nA2. Ann.\n",
            [
                {"question": "When does it open?", "reference": "At six. Every day."},
                {"question": "How much?"},
                {"question": "Who?", "reference": "Ann."},
            ],
        ),
        ("Frage: Wann?\nAntwort: Um sechs.", [{"question": "Wann?", "reference": "Um sechs."}]),
        ("Question: A: or B?\nAnswer: A: the first.", [{"question": "A: or B?", "reference": "A: the first."}]),
    ],
)
def test_rows(tmp_path: Path, text: str, rows: list[dict[str, str]]) -> None:
    """Numbers and bullets go, lines of an answer belong together, a question may have none."""
    path = _path(tmp_path, text)
    assert holds_questions(path)
    assert [row.values for row in read(path) if isinstance(row, DataRow)] == rows


def test_a_title_is_passed_over_and_told(tmp_path: Path) -> None:
    """With its line; every question keeps its own."""
    note, first, second = read(_path(tmp_path, f"Questions of March\n\n{_QUESTIONS}"))
    assert isinstance(note, RowNote)
    assert "line 1 is no question and was passed over: 'Questions of March'" in note.message
    assert isinstance(first, DataRow)
    assert isinstance(second, DataRow)
    assert (first.line, second.line) == (3, 4)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("sign", ["\t", ";"])
def test_a_table_that_is_called_text(tmp_path: Path, sign: str, encoding: str) -> None:
    """As Excel saves one, by its header."""
    path = _path(tmp_path, f"Nr{sign}Question{sign}Answer\n1{sign}When?{sign}At six.\n", encoding)
    assert holds_questions(path)
    assert [row.values for row in read(path) if isinstance(row, DataRow)] == [
        {"Nr": "1", "Question": "When?", "Answer": "At six."}
    ]


def test_an_older_encoding_is_told(tmp_path: Path) -> None:
    """As of tables."""
    note, row, *_ = read(_path(tmp_path, "Wann öffnet das Café für Gäste?\nWie groß ist es?\n", "cp1252"))
    assert isinstance(note, RowNote)
    assert isinstance(row, DataRow)
    assert row.values == {"question": "Wann öffnet das Café für Gäste?"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "The office opens at six. It closes at five.\nWhy? Because it does.\n",
        "A: a list\nB: another\n",
        "# Head\n\nText.\n",
    ],
)
def test_documents_are_none(tmp_path: Path, text: str) -> None:
    """Prose, lists and empty files are documents as before."""
    path = _path(tmp_path, text)
    assert not holds_questions(path)
    with pytest.raises(DataError, match="expected a question a line, or lines with Q: and A: in turns"):
        list(read(path))
