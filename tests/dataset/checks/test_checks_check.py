"""What a check is made of, and how what it finds gets into a report."""

import pytest

from rag_eval.dataset.checks.check import Check, Defect
from rag_eval.dataset.checks.context import CheckContext
from rag_eval.plugins import CHECKS


def test_a_defect_is_reported_as_it_is() -> None:
    """Under the check's name and with its weight; nothing of it is lost on the way."""
    check = Check(name="odd", severity="warning", summary="something odd")
    defect = Defect(rows=("a", "b"), message="is odd", fix="make it even", fixable=True)
    assert check.finding(defect).model_dump() == {
        "check": "odd", "severity": "warning", "rows": ("a", "b"), "message": "is odd", "fix": "make it even",
        "fixable": True,
    }  # fmt: skip


def test_a_check_of_the_judge_finds_nothing_by_itself() -> None:
    """It can be asked all the same, so that nobody has to know which checks need a judge."""
    assert [*Check(name="odd", severity="error", summary="").find(CheckContext(cases=[]))] == []


@pytest.mark.parametrize("check", [CHECKS.load(name) for name in CHECKS.names()], ids=lambda check: check.name)
def test_every_check_stands_a_dataset_without_rows(check: Check) -> None:
    """It finds nothing that is about a row there, and does not break."""
    assert all(not defect.rows for defect in check.find(CheckContext(cases=[])))


@pytest.mark.parametrize("check", [CHECKS.load(name) for name in CHECKS.names()], ids=lambda check: check.name)
def test_every_check_says_what_it_finds_and_why_it_cannot_look(check: Check) -> None:
    """In a line for the docs that goes on from its name, and in reasons that differ from each other."""
    assert check.summary
    assert not check.summary.endswith(".")
    reasons = [need.otherwise for need in check.needs]
    assert len({*reasons}) == len(reasons)
    assert all(reasons)
