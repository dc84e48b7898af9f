"""Baselines: small folders that stand for a run, with the same numbers to the last digit."""

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.runs import only, replay, rows

from rag_eval import gates, runs
from rag_eval.errors import MismatchError, UsageError
from rag_eval.evaluation import results
from rag_eval.evaluation.comparison import compare_folders
from rag_eval.gates.expressions import parse
from rag_eval.journal import JournalWriter

_TEXTS = ("faithfulness.drop_vs(main) <= 0.02", "no_regression: tag:even", "latency.drop_vs(main) <= smallest")


def _run(folder: Path, name: str, wrong: int = 0) -> runs.RunFolder:
    """A run of questions with tags, one of them refused, one unanswered and one that has no answer."""
    captured = rows(24, wrong=wrong)
    captured[1]["response"] = "I do not know what that costs."
    captured[2]["answerable"] = False
    silent = [row for row in captured if row["id"] != "case-3"] + [{**captured[3], "response": ""}]
    assert replay(folder, name, silent, mlflow={"enabled": False}, min_coverage=0, seed=3).exit_code == 0
    return runs.RunFolder(only(folder, name))


def _keep(run: runs.RunFolder, root: Path, name: str = "main") -> gates.Baseline:
    return gates.keep(run, results.summary_of(run), name, root)


@pytest.mark.slow
def test_a_baseline_elsewhere_gives_the_numbers_of_its_run(tmp_path: Path) -> None:
    """Comparisons on either side, and gates, are equal in every field, from a folder that was copied away."""
    a, b = _run(tmp_path, "a"), _run(tmp_path, "b", wrong=9)
    kept = [_keep(run, tmp_path / "baselines", name) for run, name in ((a, "main"), (b, "next"))]
    shutil.copytree(tmp_path / "baselines", tmp_path / "elsewhere" / "kept")
    main, next_ = (gates.find(baseline.name, tmp_path / "elsewhere" / "kept") for baseline in kept)
    whole = compare_folders(a, b)
    demanded = [parse(text) for text in _TEXTS]
    decided = results.gate(b, demanded, against=a, root=tmp_path)
    shutil.rmtree(a.path)
    assert compare_folders(main, b) == whole
    assert compare_folders(main, next_) == whole
    assert all(gate.sentence.endswith("-a in place of main") for gate in decided)
    decided = tuple(g.model_copy(update={"sentence": g.sentence.removesuffix(" in place of main")}) for g in decided)
    assert results.gate(b, demanded, root=tmp_path / "elsewhere" / "kept") == decided
    assert results.gate(next_, demanded, against=main, root=tmp_path) == decided
    assert [result.outcome for result in decided] == ["failed", "failed", "passed"]


def test_a_baseline_is_small_and_holds_no_answers(tmp_path: Path) -> None:
    """Three files, without journal, answers and contexts."""
    kept = _keep(_run(tmp_path, "a"), tmp_path)
    assert {path.name for path in kept.path.iterdir()} == {"summary.json", "scores.parquet", "experiment.yaml"}
    columns = [
        "case_id",
        "question",
        "metric",
        "kind",
        "value",
        "reason",
        "stage",
        "repeat_of",
        "tags",
        "answerable",
        "cluster",
    ]
    assert pq.read_schema(kept.path / "scores.parquet").names == columns
    assert "pounds" not in (kept.path / "scores.parquet").read_bytes().decode("latin1")


@pytest.mark.slow
def test_the_next_baseline_takes_the_place_of_the_last(tmp_path: Path) -> None:
    """Nothing of the old one, and nothing half-made, is left; a folder that is no baseline is not touched."""
    a, b = _run(tmp_path, "a"), _run(tmp_path, "b", wrong=2)
    root = tmp_path / "kept"
    _keep(a, root)
    assert _keep(b, root).id == b.id
    assert [path.name for path in root.iterdir()] == ["main"]
    (root / "notes").mkdir()
    with pytest.raises(UsageError, match="is there and is no baseline"):
        _keep(a, root, "notes")
    with pytest.raises(UsageError, match="no name for a baseline"):
        _keep(a, root, "../main")
    assert sorted(path.name for path in root.iterdir()) == ["main", "notes"]
    gates.remove("main", root)
    with pytest.raises(MismatchError, match="There are none"):
        gates.find("main", root)


def test_a_missing_baseline_is_named_with_the_nearest(tmp_path: Path) -> None:
    """And with what makes one."""
    _keep(_run(tmp_path, "a"), tmp_path / "kept")
    with pytest.raises(MismatchError, match=r"'mian'. Did you mean main\?.* rag-eval baseline set latest mian"):
        gates.find("mian", tmp_path / "kept")


def test_a_table_that_holds_a_case_twice_is_refused(tmp_path: Path) -> None:
    """As one that is no table of scores is."""
    kept = _keep(_run(tmp_path, "a"), tmp_path)
    path = kept.path / "scores.parquet"
    table = pq.read_table(path)
    pq.write_table(pa.concat_tables([table, table.slice(0, 1)]), path)
    with pytest.raises(MismatchError, match="twice"), kept.open_():
        pass
    path.write_bytes(b"no table")
    with pytest.raises(MismatchError, match="cannot be read"), kept.open_():
        pass


def test_an_unfinished_run_can_be_no_baseline(tmp_path: Path) -> None:
    """It says how to go on."""
    run = _run(tmp_path, "a")
    with JournalWriter.open_(run.journal) as journal:
        journal.remember(total=30)
    with pytest.raises(MismatchError, match=r"unfinished, 24 of 30 scored, and can.*--resume"):
        _keep(run, tmp_path)
