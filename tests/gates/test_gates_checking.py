"""Whether gates speak of what there is, as far as that can be known before anything is asked."""

from typing import Any

import pytest
from support import samples

from rag_eval import gates
from rag_eval.errors import ConfigError, MismatchError
from rag_eval.gates import RunFacts
from rag_eval.gates.expressions import parse
from rag_eval.records import MetricTraits

_TIME = MetricTraits(name="latency", bounded=False, higher_is_better=False, unit="s")
_TRAITS = (MetricTraits(name="correctness"), _TIME, MetricTraits(name="answered"))


def _facts(**changes: Any) -> RunFacts:
    known: dict[str, Any] = {"traits": _TRAITS, "primary": "correctness", "origin": samples.origin()}
    return RunFacts(**{**known, **changes})


@pytest.mark.parametrize(
    ("text", "changes", "problem"),
    [
        ("cost <= 5 USD", {"prices": False}, "what the judge costs is not known; write judge.prices"),
        ("refusals.over <= 0.1", {}, "no metric of this experiment looks at refusals"),
        ("required: tag:a", {"primary": "latency"}, "say what each case must reach, as latency is no score"),
        ("required: tag:a latency <= 200%", {}, "% is no unit of this; it is in s"),
        ("required: tag:a", {"tags": ["b"]}, "no case has the tag 'a'"),
        ("required: id:a", {"ids": ["b"]}, "no case has the id 'a'"),
        ("required: tag:a recall@5 >= 1", {}, "no metric of this experiment is called 'recall@5'"),
        ("answered >= 99", {}, "99 is outside 0 to 1; write 0.85 or 85%"),
        ("correctness.mean <= 0.9", {}, "expected >= here, not <=: more is better in correctness"),
        ("correctness.p05 <= 0.9", {}, "expected >= here, not <=: more is better in correctness"),
        ("latency.p95 >= 2", {}, "expected <= here, not >=: less is better in latency"),
        ("required: tag:a correctness <= 0.9", {}, "expected >= here, not <=: more is better in correctness"),
        ("cost <= 5 s", {}, "s is no unit of this; it is in USD"),
    ],
)
def test_what_a_run_will_not_have_is_a_mistake(text: str, changes: dict[str, Any], problem: str) -> None:
    """Named with the gate."""
    with pytest.raises(ConfigError) as caught:
        gates.check([parse(text)], _facts(**changes))
    assert f"gate {text}: {problem}" in str(caught.value)


def test_only_a_near_name_is_suggested() -> None:
    """A metric that is not measured is not another one."""
    with pytest.raises(ConfigError, match=r"called 'latency'\. There are: correctness"):
        gates.check([parse("latency.p95 <= 2s")], _facts(traits=(_TRAITS[0], MetricTraits(name="abstention"))))
    with pytest.raises(ConfigError, match=r"Did you mean correctness\?"):
        gates.check([parse("corectness.mean >= 0.5")], _facts())


def test_what_cannot_be_known_yet_is_no_mistake() -> None:
    """Where only some of the cases are asked, tags and ids are looked for at the end."""
    texts = ("required: tag:a", "required: id:a", "correctness[b].mean >= 0.5", "latency.p95 <= 2", "answered >= 99%")
    gates.check([parse(text) for text in texts], _facts())


def test_every_mistake_of_a_file_is_told_of_at_once() -> None:
    """In what cannot be read, and in what is not there; guardrails are gates, each once."""
    with pytest.raises(ConfigError) as caught:
        gates.of_experiment(samples.experiment(gates=["a.mean > 1", "b.mean >= 1", "c"]))
    assert [line[:8] for line in str(caught.value).splitlines() if not line.startswith(" ")] == ["gates[1]", "gates[3]"]
    experiment = samples.experiment(gates=["a.drop_vs(main) <= smallest"], guardrails=["a", "b"])
    assert [gate.text for gate in gates.of_experiment(experiment)] == [
        "a.drop_vs(main) <= smallest", "b.drop_vs(main) <= smallest",
    ]  # fmt: skip


def test_a_baseline_that_was_measured_otherwise_is_refused() -> None:
    """Another dataset or judge, or a metric that it lacks; it says what to do."""
    demanded = [parse("correctness.drop_vs(main) <= 0.02")]
    ours = samples.origin(metrics={"correctness": "1"})
    gates.check_baselines(demanded, ours, {"main": ours})
    with pytest.raises(MismatchError, match=r"datasets differ .*rag-eval baseline set latest main"):
        gates.check_baselines(demanded, ours, {"main": ours.model_copy(update={"dataset": "other"})})
    with pytest.raises(MismatchError, match="it has no correctness"):
        gates.check_baselines(demanded, ours, {"main": samples.origin(metrics={"faithfulness": "1"})})
