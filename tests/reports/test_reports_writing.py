"""The files of a run's reports."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from support import samples

from rag_eval.journal import Row
from rag_eval.records import Answer, Case, Score, Summary
from rag_eval.reports import writing
from rag_eval.runs import RunFolder


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """A run with one case."""
    folder = RunFolder(tmp_path)
    case = Case(id="c1", user_input="Wann fährt die Fähre?")
    rows: samples.Rows = [(case, Answer(response="Um zwölf. 🦦"), {"faithfulness": Score(value=0.5)})]
    samples.journal(folder.journal, rows).close()
    return folder


def test_a_summary_is_for_programs_and_for_people(folder: RunFolder) -> None:
    """The same summary is read again from one file; the other names the run; letters stay letters."""
    summary = samples.summary(name="fähre")
    writing.write_summary(folder, summary)
    text = folder.summary.read_text(encoding="utf-8")
    assert Summary.model_validate_json(text) == summary
    assert "fähre" in text
    assert text.endswith("}\n")
    assert "fähre" in folder.markdown.read_text(encoding="utf-8")


def test_what_has_no_value_is_null_and_no_nan(folder: RunFolder) -> None:
    """A program that reads strict JSON can read it."""
    nothing = samples.metric(n=0, mean=None, interval=None, worst_low=None, worst_high=None)
    writing.write_summary(folder, samples.summary(nothing))
    read = json.loads(folder.summary.read_text(), parse_constant=lambda name: pytest.fail(f"{name} was written"))
    assert read["metrics"][0]["mean"] is None


def test_all_reports_but_the_page_are_written_at_once(folder: RunFolder) -> None:
    """The page is made when somebody asks for it; nothing half-written is left beside them."""
    with closing(folder.open_()) as journal:
        packed = writing.write(folder, journal, samples.summary())
        names = {path.name for path in folder.path.iterdir() if not path.name.startswith("journal.")}
        assert names == {"results.parquet", "evidence.parquet", "summary.json", "report.md"}
        writing.write_page(folder, packed, samples.summary())
    assert folder.html.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_what_stood_there_is_replaced(folder: RunFolder) -> None:
    """Written twice, a report is the later one, and no longer."""
    writing.write_summary(folder, samples.summary(name="x" * 1000))
    writing.write_summary(folder, samples.summary(name="y"))
    assert Summary.model_validate_json(folder.summary.read_bytes()).name == "y"


def test_cases_go_by_in_their_order_and_others_are_looked_up(tmp_path: Path) -> None:
    """Each is read once for all reports; one that is asked for before its turn is none that is lost."""
    cases = [Case(id=f"c{n}", user_input="Q?") for n in range(3)]
    gone: list[str] = []
    with samples.journal(tmp_path / "journal.db", [(case, Answer(response=case.id), {}) for case in cases]) as journal:

        def passing() -> Iterator[Row]:
            for row in journal.rows():
                gone.append(row.case.id)
                yield row

        rows = writing._PassingRows(journal, passing())
        asked = [(rows.row(name).case.id, [*gone]) for name in ("c1", "c0", "c1")]
        assert asked == [("c1", ["c0"]), ("c0", ["c0"]), ("c1", ["c0", "c1"])]
        rows.end()
        assert gone == ["c0", "c1", "c2"]
        assert rows.row("c0").case.id == "c0"
