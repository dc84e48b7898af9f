"""What stands where an experiment says that answers were captured."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from support.dialects import DIALECTS, as_lines, write

from rag_eval.errors import DataError
from rag_eval.journal import JournalWriter
from rag_eval.records import RunMeta
from rag_eval.targets.replay import source


def rows(folder: Path, *held: Mapping[str, Any]) -> str:
    """A log of rows."""
    path = folder / "log.jsonl"
    path.write_bytes(as_lines([dict(one) for one in held]))
    return str(path)


@pytest.mark.parametrize("name", ["collector line", "protobuf", "MLflow", "LangSmith list", "TruLens CSV"])
def test_traces_are_told_from_rows_by_what_is_inside(tmp_path: Path, name: str) -> None:
    """No extension decides; folders and patterns work too."""
    path = write(tmp_path / "exports", DIALECTS[name][1]())
    root = tmp_path / "runs"
    for one in (path, str(tmp_path / "exports"), str(tmp_path / "exports" / "*")):
        assert source.locate(one, "auto", root).kind == "traces"


@pytest.mark.parametrize(
    "row",
    [
        {"question": "When?", "answer": "x", "contexts": ["y"]},
        {"inputs": {"question": "When?"}, "outputs": {"answer": "x"}, "expectations": {"expected_response": "x"}},
        {"id": "1", "input": "When?", "output": "x", "trace_id": "t"},
    ],
)
def test_plain_rows_stay_rows(tmp_path: Path, row: dict[str, Any]) -> None:
    """Also where they are called as evaluation frameworks call them; `format` says otherwise."""
    path = rows(tmp_path, row)
    assert source.locate(path, "auto", tmp_path) == source.CaptureSource("rows", path)
    assert source.locate(path, "traces", tmp_path).kind == "traces"


def test_a_run_is_found_by_its_name(tmp_path: Path) -> None:
    """By folder, id or experiment; the folder is what is kept."""
    folder = tmp_path / "runs" / "20261123-091500-strong"
    folder.mkdir(parents=True)
    JournalWriter.create(folder / "journal.db", RunMeta(key="k")).close()
    for name, said in (("strong", "auto"), (str(folder), "auto"), ("latest", "run")):
        found = source.locate(name, said, tmp_path / "runs")  # type: ignore[arg-type]
        assert (found.kind, found.path) == ("run", str(folder))
    with pytest.raises(
        DataError, match=r"strnog: there is no such file or folder, and of runs: .*20261123-091500-strong"
    ):
        source.locate("strnog", "auto", tmp_path / "runs")
