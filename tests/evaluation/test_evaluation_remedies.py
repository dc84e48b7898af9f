"""Of each failure the settings are named that bear on it, with what they are."""

from typing import Any, Literal

import pytest

from rag_eval.config import Experiment
from rag_eval.evaluation.remedies import with_remedies
from rag_eval.records import FailureGroup

TARGET = {"kind": "http", "url": "http://h/ask"}
KEY = {"kind": "api_key", "key_env": "ORBIT_KEY"}
JUDGE = {"kind": "openai", "model": "m", "base_url": "http://h/v1"}


def remedy(stage: Literal["target", "judge", "metric"], reason: str, **parts: Any) -> str:
    """What is named for a failure of an experiment."""
    experiment = Experiment.model_validate({"name": "n", "dataset": "d.jsonl", "target": TARGET, **parts})
    [group] = with_remedies([FailureGroup(stage=stage, reason=reason, count=1, message="no")], experiment)
    return group.remedy


@pytest.mark.parametrize(
    ("stage", "reason", "parts", "expected"),
    [
        ("target", "unauthorized", {"target": {**TARGET, "auth": KEY}}, "target.auth.key_env is ORBIT_KEY"),
        ("target", "unauthorized", {}, "target.auth.kind is none"),
        (
            "target",
            "http_status",
            {},
            'target.url is http://h/ask, target.method is POST, target.body is {"query": "{{ user_input }}"}',
        ),
        ("judge", "http_status", {"judge": JUDGE}, "judge.base_url is http://h/v1"),
        ("target", "quota", {"target": {**TARGET, "auth": KEY}}, "target.auth.key_env is ORBIT_KEY"),
        ("target", "rate_limited", {}, "target.rate is not set, target.concurrency is 4"),
        ("target", "no_answer", {}, ""),
        (
            "target",
            "no_answer",
            {"target": {**TARGET, "stream": {"kind": "sse", "delta": "text"}}},
            "target.stream.delta is text",
        ),
        ("judge", "unauthorized", {"judge": JUDGE}, "judge.api_key_env is OPENAI_API_KEY"),
        ("judge", "refused", {"judge": JUDGE}, "judge.model is m, judge.base_url is http://h/v1"),
        ("judge", "refused", {}, ""),
        ("metric", "of_somebody_else", {"judge": JUDGE}, ""),
    ],
)
def test_the_settings_that_bear_on_a_failure_are_named(
    stage: Literal["target", "judge", "metric"], reason: str, parts: dict[str, Any], expected: str
) -> None:
    """Those of the part that failed, and only those that its kind has; of a secret where it stands."""
    assert remedy(stage, reason, **parts) == expected


def test_a_long_setting_is_cut() -> None:
    """A body of many lines does not bury what failed."""
    text = remedy("target", "http_status", target={**TARGET, "body": {"context": "word " * 200}})
    assert text.endswith("…")
    assert len(text) < 200
