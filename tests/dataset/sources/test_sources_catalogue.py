"""A format of rows is one module: ours have a line in the catalogue, another package's is an entry point."""

from pathlib import Path

import pytest
from support import packages

from rag_eval import dataset
from rag_eval.config import DatasetConfig
from rag_eval.dataset.sources import catalogue, read, suffixes
from rag_eval.errors import ConfigError, DataError

CARDS = """
from rag_eval.dataset.sources.row import DataRow
from rag_eval.dataset.sources.row_format import RowFormat


def read(path):
    for number, card in enumerate(path.read_text().split("--\\n"), start=1):
        question, answer = card.splitlines()
        yield DataRow(str(path), number, {"question": question, "answer": answer})


FORMAT = RowFormat((".cards",), read)
WORD = "cards"
"""


def _install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    packages.install(
        tmp_path, monkeypatch, "card_rows", CARDS, {"rag_eval.row_formats": {"cards": f"card_rows:{part}"}}
    )


def test_a_format_of_another_package_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files with its ending are read to cases, and nothing of ours knows of it."""
    _install(tmp_path, monkeypatch, "FORMAT")
    path = tmp_path / "a.cards"
    path.write_text("When does it open?\nAt eight.\n--\nMay dogs come?\nYes.\n")
    cases = [item.case for item in dataset.cases(DatasetConfig(path=str(path)))]
    assert [(case.user_input, case.reference) for case in cases] == [
        ("When does it open?", "At eight."),
        ("May dogs come?", "Yes."),
    ]
    assert suffixes()[-1] == ".cards"


def test_what_is_no_format_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry point has to name a `RowFormat`."""
    _install(tmp_path, monkeypatch, "WORD")
    with pytest.raises(ConfigError, match="RowFormat, found str"):
        suffixes()


def test_an_unknown_ending_is_told_with_those_that_are_known(tmp_path: Path) -> None:
    """Ours stand there in the order of the catalogue."""
    path = tmp_path / "a.cards"
    path.write_text("")
    with pytest.raises(DataError, match=r"known are \.csv, \.tsv, \.jsonl, \.ndjson, \.json, \.parquet, \.yaml, "):
        list(read(str(path)))


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("a.csv", True),
        ("A.CSV", True),
        ("a.tsv", True),
        ("a.json", True),
        ("a.parquet", True),
        ("a.xlsx", True),
        ("a.txt", True),
        ("a.rst", False),
    ],
)
def test_a_file_is_known_by_its_ending(name: str, *, known: bool) -> None:
    """In small letters or large."""
    assert (catalogue.of_file(Path(name)) is not None) is known


@pytest.mark.parametrize(("start", "readable"), [("[{}]", True), ("\ufeff [{}]", True), ("{}", False), ("", False)])
def test_json_in_a_folder_is_ours_only_as_an_array(tmp_path: Path, start: str, *, readable: bool) -> None:
    """Hugging Face's `datasets` takes lines and columns from such files too."""
    path = tmp_path / "a.json"
    path.write_text(start, encoding="utf-8")
    row_format = catalogue.of_file(path)
    assert row_format is not None
    assert row_format.readable(path) is readable
