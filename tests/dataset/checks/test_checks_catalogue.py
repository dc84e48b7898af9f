"""A check is declared once, with its severity, what it needs, how it finds and how it is mended."""

from pathlib import Path

import pytest
from support import packages

from rag_eval.dataset import checks
from rag_eval.dataset.checks import CheckContext, DatasetFinding, catalogue
from rag_eval.dataset.checks.check import Check, Defect
from rag_eval.dataset.drafting import PassageIndex
from rag_eval.errors import ConfigError
from rag_eval.plugins import CHECKS
from rag_eval.records import Case

SHOUTING = """
from rag_eval.dataset.checks.check import Check, Defect


def find(context):
    for case in context.cases:
        if case.user_input.isupper():
            yield Defect(rows=(case.id,), message="shouts", fix="write it in small letters", fixable=True)


def repair(context, cases, findings):
    rows = {finding.rows[0] for finding in findings}
    mended = [
        case.model_copy(update={"user_input": case.user_input.lower()}) if case.id in rows else case for case in cases
    ]
    return mended, len(rows)


CHECK = Check(name="shouting", severity="note", summary="questions in capitals", find=find, repair=repair)
OTHER = Check(name="other", severity="note", summary="", find=find)
"""
CASES = [
    Case(id="a", user_input="WHEN DOES IT OPEN?", reference="At eight."),
    Case(id="b", user_input="May dogs come?"),
]


def _install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **offers: str) -> None:
    parts = {name.replace("_", "-"): f"loud_checks:{part}" for name, part in offers.items()}
    packages.install(tmp_path, monkeypatch, "loud_checks", SHOUTING, {"rag_eval.checks": parts})


def test_a_check_of_another_package_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It finds, is listed after ours, and mends, and nothing of ours knows of it."""
    _install(tmp_path, monkeypatch, shouting="CHECK")
    context = CheckContext(cases=CASES)
    findings = checks.ordered(checks.without_judge(context))
    assert findings[-1] == DatasetFinding(
        check="shouting", severity="note", rows=("a",), message="shouts", fix="write it in small letters", fixable=True
    )
    cases, counts = checks.repaired(context, findings)
    assert [case.user_input for case in cases] == ["when does it open?", "May dogs come?"]
    assert counts == {"shouting": 1}


def test_what_is_no_check_of_that_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry point names a `Check` that is called like the entry point."""
    _install(tmp_path, monkeypatch, not_other="OTHER")
    with pytest.raises(ConfigError, match="Check of that name, found 'other'"):
        catalogue.installed()


@pytest.mark.parametrize("check", catalogue.installed(), ids=lambda check: check.name)
def test_each_of_our_own_is_whole(check: Check) -> None:
    """It is called as it is listed, and says what it finds; on nothing it finds nothing and could not look."""
    nothing = CheckContext(cases=[])
    assert check.name in CHECKS.builtin
    assert check.summary
    assert [*check.find(nothing)] == []
    assert not all(need.met(nothing) for need in check.needs)


def test_findings_stand_by_severity_and_then_in_the_order_of_the_catalogue() -> None:
    """So that what is worst is read first, and the same twice."""
    listed = [check.finding(_defect(check.name)) for check in catalogue.installed()]
    names = [finding.check for finding in checks.ordered(reversed(listed))]
    errors = [check.name for check in catalogue.installed() if check.severity == "error"]
    assert names[: len(errors)] == errors
    assert names[-1] == "draft"


def _defect(name: str) -> Defect:
    return Defect(message=name, fix="")


def test_copies_go_and_ids_lead_to_where_their_texts_stand() -> None:
    """What is mended loses nothing: the second of two copies, and ids that another passage has taken over."""
    passages = PassageIndex().put({"new": "It opens at eight."}.items())
    moved = Case(
        id="a", user_input="When does the office open?", reference="At eight.",
        reference_contexts=("It opens at eight.",), reference_context_ids=("old",),
    )  # fmt: skip
    copy = moved.model_copy(update={"id": "b"})
    context = CheckContext(cases=[moved, copy], passages=passages)
    cases, counts = checks.repaired(context, [*checks.without_judge(context)])
    assert [(case.id, case.reference_context_ids) for case in cases] == [("a", ("new",))]
    assert counts == {"duplicate": 1, "unresolved-id": 1}
    assert list(counts) == ["duplicate", "unresolved-id"]
