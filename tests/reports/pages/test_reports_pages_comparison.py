"""The page of a comparison: its colour, what was changed, what was held equal."""

from typing import Any

import pytest
from support import samples
from support.pages import Parsed

from rag_eval.records import GateOutcome, RefusalChange, RefusalComparison
from rag_eval.reports.pages import comparison as pages
from rag_eval.reports.pages.comparison import ComparisonPage
from rag_eval.reports.pages.index import ListedMetric, PageSide, index_of


@pytest.mark.parametrize(
    ("outcomes", "verdict", "regressed", "tone"),
    [
        ((), "better", (), "good"),
        ((), "better", ("latency",), "warn"),
        ((), "worse", (), "bad"),
        ((), "mixed", (), "warn"),
        ((), "cannot_tell", (), "warn"),
        ((), "unclear", (), "none"),
        ((), "negligible", (), "none"),
        ((), "too_few", (), "none"),
        (("passed",), "worse", ("faithfulness",), "good"),
        (("passed", "undecided"), "better", (), "warn"),
        (("passed", "undecided", "failed"), "better", (), "bad"),
    ],
)
def test_gates_give_the_colour_and_else_the_verdict(
    outcomes: tuple[GateOutcome, ...], verdict: str, regressed: tuple[str, ...], tone: str
) -> None:
    """Green is never shown over a metric that got worse, unless gates say that it may ship."""
    gates = tuple(map(samples.gate, outcomes))
    assert pages.tone(samples.comparison(verdict=verdict, regressed=regressed, gates=gates)) == tone


def test_a_run_began_in_utc() -> None:
    """To the minute, wherever the page is made."""
    assert pages.when(samples.summary(started=0.0)) == "1970-01-01 00:00 UTC"
    assert pages.when(samples.summary(started=1_795_835_759.9)) == "2026-11-28 03:15 UTC"


@pytest.mark.parametrize(
    ("a", "b", "differs"),
    [
        ({}, {}, []),
        ({"seed": 1}, {"seed": 1}, []),
        ({"top_k": 3}, {"top_k": 5}, [("top_k", "3", "5")]),
        ({"a": 1}, {"b": 2}, [("a", "1", "–"), ("b", "–", "2")]),
        ({"model": "ä"}, {"model": "é"}, [("model", "ä", "é")]),
        ({"list": ["ä"]}, {"list": []}, [("list", '["ä"]', "[]")]),
        ({"on": True}, {"on": False}, [("on", "true", "false")]),
        ({"x": "1"}, {"x": 1}, [("x", "1", "1")]),
        ({"rerank": None}, {"rerank": True}, [("rerank", "null", "true")]),
    ],
)
def test_settings_that_differ_stand_with_both_values(
    a: dict[str, Any], b: dict[str, Any], differs: list[tuple[str, str, str]]
) -> None:
    """As an experiment's file has them; what one of them does not say is a dash."""
    assert pages.changed(a, b) == differs


def test_what_was_held_equal_is_named() -> None:
    """And nothing else is."""
    a = samples.summary()
    assert pages._equal(a, a) == (
        f"Held equal: the questions (fingerprint {'f' * 64}), the judge (the embedded judge (version 1)), "
        "the versions of 1 metrics, rag-eval 0.1.0."
    )
    other = samples.summary(
        origin=samples.origin(dataset="e" * 64, code="0.2.0", judge={"kind": "openai"}, metrics={"faithfulness": "2"})
    )
    assert pages._equal(a, other) == "Nothing that scores depend on was held equal."
    half = samples.summary(origin=samples.origin(code="0.2.0", metrics={"faithfulness": "2"}))
    assert "rag-eval" not in pages._equal(a, half)
    assert "versions" not in pages._equal(a, half)


def test_refusals_are_listed_by_kind_of_question() -> None:
    """Each cell with its own count; a kind of which there is no question is left out."""
    change = RefusalChange(both_answered=1, only_a_refused=2, only_b_refused=3, both_refused=4)
    refusals = RefusalComparison(answerable=change, unanswerable=RefusalChange())
    assert pages._refusals(samples.comparison(refusals=refusals)) == [
        (
            1,
            "have an answer",
            [("answered-answered", 1), ("refused-answered", 2), ("answered-refused", 3), ("refused-refused", 4)],
        )
    ]
    assert pages._refusals(samples.comparison(refusals=None)) == []


def test_a_metric_with_a_unit_has_an_axis_of_its_own() -> None:
    """Which is said of those that are drawn."""
    seconds, gone = samples.compared("latency", unit="s"), samples.compared("cost", unit="$", difference=None)
    assert (
        pages._other_scale(samples.comparison(samples.compared(), seconds, gone)) == "latency: on an axis of its own."
    )
    assert pages._other_scale(samples.comparison(samples.compared())) == ""


def test_the_page_says_verdict_settings_and_how_it_was_made(tmp_path: Any) -> None:
    """All of it as text, whatever somebody wrote there."""
    with samples.journal(tmp_path / "a.db", []) as journal:
        sides = [PageSide(name, name, journal, {}, None) for name in ("weak", "strong")]
        page = ComparisonPage(
            comparison=samples.comparison(sentences=("B <is> better.",)),
            summaries=(samples.summary(), samples.summary()),
            settings=({"model": "<small>"}, {"model": "<large>"}),
            slices={},
            index=index_of(
                sides,
                [ListedMetric("faithfulness", "faithfulness", higher_is_better=True, bounded=True)],
                "faithfulness",
            ),
            seed=7,
            command="rag-eval compare a b",
        ).html()
    text = Parsed(page).text
    for part in ("B <is> better.", "<small>", "<large>", "rag-eval compare a b", "100"):
        assert part in text
