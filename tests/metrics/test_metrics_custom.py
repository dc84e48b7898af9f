"""A metric of one's own is an object that says what it is, or a declaration like ours."""

import asyncio
from typing import Any

import pytest
from support.scripted import Scripted, asking

from rag_eval import metrics
from rag_eval.errors import ConfigError, JudgeError
from rag_eval.metrics import MetricSpec
from rag_eval.records import Answer, Case, MetricTraits, Score


class Mine:
    """A metric with no more than it must have."""

    name, version, needs, higher_is_better, bounded = "mine", "1", ["response"], True, True

    def __init__(self, judge: Any, embedder: Any) -> None:
        self.given = (judge, embedder)

    async def score(self, case: Case, answer: Answer) -> Score:
        """A value."""
        return Score(value=0.25)


class Costly(Mine):
    """A metric that says all that may be said."""

    name, higher_is_better, bounded, unit, smallest = "costly", False, False, "EUR", 0.5
    unanswered, refusals, hidden, smallest_share = "zero", "decides", True, 0.1


class Empty:
    """No metric."""

    name, version = "empty", "1"

    def __init__(self, judge: Any, embedder: Any) -> None:
        pass


class Eager(Mine):
    """Asks before it is asked."""

    def __init__(self, judge: Any, embedder: Any) -> None:
        super().__init__(judge, embedder)
        asyncio.run(embedder.embed(["a"]))


OWN = MetricSpec("own", "3", ("response",), build=lambda backend: Mine(backend, backend))


def test_it_is_given_the_judge_and_the_embedder() -> None:
    """When it is connected, at its place in the list."""
    specs = metrics.select(["latency", f"{__name__}:Mine", "mrr"])
    backend = asking(Scripted({}))
    connected = metrics.connect(specs, backend)
    assert [metric.name for metric in connected] == ["latency", "mine", "mrr"]
    assert isinstance(connected[1].metric, Mine)
    assert connected[1].metric.given == (backend, backend)
    assert asyncio.run(connected[1].score(Case(id="c", user_input="?"), Answer())) == Score(value=0.25)


def test_what_it_does_not_say_is_as_it_is_for_most() -> None:
    """And what it says holds."""
    plain, costly = (metrics.find_spec(f"{__name__}:{name}") for name in ("Mine", "Costly"))
    assert plain.needs == ("response",)
    assert plain.traits == MetricTraits(name="mine", smallest=0.01)
    assert costly.refusals == "decides"
    assert costly.traits == MetricTraits(
        name="costly",
        bounded=False,
        higher_is_better=False,
        unanswered="zero",
        smallest=0.5,
        smallest_share=0.1,
        unit="EUR",
        hidden=True,
    )


def test_a_refusal_matters_to_it_if_it_says_so() -> None:
    """Then it is looked for."""
    assert [spec.name for spec in metrics.select([f"{__name__}:Costly"]) if not spec.derived] == ["costly", "refused"]
    assert [spec.name for spec in metrics.select([f"{__name__}:Mine"]) if not spec.derived] == ["mine"]


def test_a_declaration_is_taken_as_it_is() -> None:
    """It need not be in any catalogue."""
    assert metrics.find_spec(f"{__name__}:OWN") is OWN


def test_what_is_no_metric_is_said_not_to_be() -> None:
    """With what it lacks."""
    with pytest.raises(
        ConfigError, match=r"metric .*:Empty: what it makes has no needs, higher_is_better, bounded, score"
    ):
        metrics.find_spec(f"{__name__}:Empty")


def test_nobody_answers_while_only_declarations_are_read() -> None:
    """Asking is an error then and not a wait."""
    with pytest.raises(JudgeError) as caught:
        metrics.find_spec(f"{__name__}:Eager")
    assert caught.value.reason == "no_judge"
