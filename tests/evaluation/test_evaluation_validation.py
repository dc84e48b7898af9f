"""What an experiment would do is told without asking anybody."""

from pathlib import Path
from typing import Any

import pytest
from support.replays import experiment, write_rows
from support.runs import rows

from rag_eval import config
from rag_eval.errors import ConfigError, UsageError
from rag_eval.evaluation.validation import validate

_LIVE = {"kind": "http", "url": "http://127.0.0.1:9/", "select": {"response": "answer", "retrieved_context_ids": "ids"}}


def test_a_metric_is_told_by_how_many_cases_have_what_it_needs(tmp_path: Path) -> None:
    """And by what the first one lacks that has it not; a metric that applies to all has nothing to say."""
    given = [{k: v for k, v in row.items() if n < 4 or k != "reference_context_ids"} for n, row in enumerate(rows())]
    validated = validate(experiment(tmp_path, *given, target=_LIVE, metrics=["recall@5", "latency"]))
    assert validated.applies == {"recall@5": 4, "latency": 6}
    assert validated.needs.keys() == {"recall@5"}
    assert "reference_context_ids" in validated.needs["recall@5"] or "reference context" in validated.needs["recall@5"]


def test_what_no_captured_answer_has_no_metric_can_use(tmp_path: Path) -> None:
    """A replay says before it begins that a metric will apply to nothing; a live service might still bring it."""
    given = [{k: v for k, v in row.items() if k != "latency_s"} for row in rows()]
    replayed = validate(experiment(tmp_path, *given, metrics=["recall@5", "latency"]))
    assert replayed.applies == {"recall@5": 6, "latency": 0}
    assert "latency" in replayed.needs
    live = validate(experiment(tmp_path, *given, target=_LIVE, metrics=["recall@5", "latency"]))
    assert live.applies == {"recall@5": 6, "latency": 6}


def test_what_one_captured_answer_has_may_be_used(tmp_path: Path) -> None:
    """It is not called missing because others lack it."""
    given = [{k: v for k, v in row.items() if n == 0 or k != "latency_s"} for n, row in enumerate(rows())]
    assert validate(experiment(tmp_path, *given, metrics=["latency"])).applies == {"latency": 6}


def test_what_will_be_played_is_told(tmp_path: Path) -> None:
    """Cases without a captured answer among it; nothing of the kind for a service that is asked."""
    target = {"kind": "replay", "path": write_rows(tmp_path / "captured.jsonl", rows()[1:])}
    validated = validate(experiment(tmp_path, target=target))
    assert validated.replay is not None
    assert (validated.replay.cases, validated.replay.missing, validated.replay.answers) == (6, 1, 5)
    assert any("1 of 6 cases have no captured answer" in remark for remark in validated.remarks)
    assert validate(experiment(tmp_path, target=_LIVE)).replay is None


def test_gates_are_told_in_their_order(tmp_path: Path) -> None:
    """As they are written."""
    texts = ["recall@5.mean >= 0.5", "answered >= 0.9", "required: id:case-1"]
    assert [gate.text for gate in validate(experiment(tmp_path, gates=texts)).gates] == texts


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"gates": ["recall@5.mean >= 0.5 or so"]}, "or so"),
        ({"gates": ["required: id:case-9"]}, "case-9"),
        ({"gates": ["recall@5[none].mean >= 0.5"]}, "none"),
        ({"metrics": ["recal@5"]}, "recal@5"),
        ({"target": {"kind": "custom", "use": "no.such:thing"}}, "no.such"),
        ({"target": {"kind": "replay", "path": "gone.jsonl"}}, "gone.jsonl"),
        ({"judge": {"kind": "custom", "use": "no.such:judge"}}, "no.such"),
        ({"dataset": "gone.jsonl"}, "gone.jsonl"),
    ],
)
def test_what_could_not_be_run_is_told_with_what_is_wrong(
    tmp_path: Path, settings: dict[str, Any], message: str
) -> None:
    """Before a question is asked, and whichever part it is in."""

    def validated() -> None:
        own: config.Experiment = experiment(tmp_path, **settings)
        validate(own)

    with pytest.raises((ConfigError, UsageError), match=message.replace(".", r"\.")):
        validated()


def test_whether_there_is_ground_truth_depends_on_where_questions_come_from(tmp_path: Path) -> None:
    """Rows have some, however little stands in them."""
    assert validate(experiment(tmp_path)).ground_truth
