"""A report says of which checks it could look at nothing, and why."""

from pathlib import Path

import pytest
from support import isles

from rag_eval.curation import CheckOptions, check
from rag_eval.dataset.checks import CheckContext, unmet
from rag_eval.plugins import CHECKS
from rag_eval.records import Case

BARE = [Case(id=str(n), user_input=f"Question {n}?", reference=f"Answer {n} it is.") for n in range(5)]


def test_every_check_declares_what_it_needs() -> None:
    """Without a row none of them can look."""
    assert unmet(CheckContext(cases=[])).keys() == set(CHECKS.names())


def test_without_contexts_nothing_is_held_against_them(tmp_path: Path) -> None:
    """What needs contexts is not among the checks done; a check is either done or left out."""
    isles.write(tmp_path / "set", BARE)
    report = check(tmp_path / "set").report
    for name in ("unsupported", "partly-supported", "lexical"):
        assert report.skipped[name] == "no row has reference contexts"
    assert {"span", "drift", "unresolved-id", "answerable", "not-judged", "imbalance"} <= report.skipped.keys()
    assert {"contradiction", "leak", "unfinished"} <= {*report.ran}
    assert {*report.ran} | report.skipped.keys() == set(CHECKS.names())
    assert report.skipped.keys().isdisjoint(report.ran)
    left_out = check(tmp_path / "set", CheckOptions(skip=("lexical",))).report.skipped
    assert left_out["lexical"] == "left out by --skip"


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"reference_contexts": ("A context.",)}, "unsupported"),
        ({"reference_contexts": ("A context.",)}, "lexical"),
        ({"answerable": False}, "answerable"),
        ({"answerable": False}, "not-judged"),
        ({"metadata": {"spans": [{"text": "a"}]}}, "span"),
    ],
)
def test_one_row_is_enough(fields: dict[str, object], name: str) -> None:
    """As soon as a row has what a check needs, it looks."""
    assert name in unmet(CheckContext(cases=BARE))
    assert name not in unmet(CheckContext(cases=[*BARE, BARE[0].model_copy(update={"id": "more", **fields})]))
