"""A set that is too small or lopsided for what is wanted of it is told so."""

from pathlib import Path

import pytest
from support import isles

from rag_eval.curation import check
from rag_eval.dataset.checks import DatasetFinding
from rag_eval.records import Case


def _changed(cases: list[Case], at: int, **fields: object) -> None:
    cases[at] = cases[at].model_copy(update=fields)


def _findings(tmp_path: Path, cases: list[Case], corpus: dict[str, str]) -> tuple[DatasetFinding, ...]:
    isles.write(tmp_path / "set", cases, corpus)
    return check(tmp_path / "set").report.findings


@pytest.mark.slow
def test_lopsided_tags_and_small_sets_are_found(tmp_path: Path) -> None:
    """A tag on two cases of 300 is named with them; forty cases cannot show a difference of 0.1, and it says so."""
    cases = [case.model_copy(update={"tags": ("common",)}) for case in isles.cases()]
    for at in (3, 8):
        _changed(cases, at, tags=("rare",))
    findings = _findings(tmp_path, cases, isles.pages())
    assert [(one.check, one.rows) for one in findings] == [("imbalance", (cases[3].id, cases[8].id))]
    few = _findings(tmp_path, isles.cases()[:40], isles.pages())
    assert [one.check for one in few if one.check == "too-few"] == ["too-few"]
    assert "add 86 cases" in next(one.fix for one in few if one.check == "too-few")
