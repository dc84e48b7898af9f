"""How numbers and counts are said."""

from typing import get_args

import pytest
from support import samples

from rag_eval.records import Conclusion, FailureGroup, Interval
from rag_eval.reports import formatting
from rag_eval.reports.verdict import OPENINGS


def test_a_number_or_a_dash() -> None:
    """What is unknown is never a nought."""
    assert (formatting.number(0.12345), formatting.number(0.125, 2), formatting.number(None)) == ("0.123", "0.12", "–")
    assert (formatting.signed(0.5), formatting.signed(-0.5), formatting.signed(None)) == ("+0.500", "-0.500", "–")


def test_nought_has_no_minus() -> None:
    """Save for a difference, of which the sign tells on which side of nought it is."""
    assert (formatting.number(-0.0001), formatting.number(-0.0)) == ("0.000", "0.000")
    assert (formatting.signed(-0.0001), formatting.signed(0.0)) == ("-0.000", "+0.000")


def test_an_interval_or_a_dash() -> None:
    """With signs where it is one of a difference."""
    found = Interval(low=-0.25, high=0.5, method="m")
    assert formatting.interval(found) == "[-0.250, 0.500]"
    assert formatting.interval(found, plus=True) == "[-0.250, +0.500]"
    assert formatting.interval(None) == "–"


def test_worst_cases_are_told_where_something_failed() -> None:
    """Elsewhere, and for metrics without bounds, they would only repeat the mean."""
    assert formatting.worst(samples.metric(failed=5, worst_low=0.8, worst_high=0.9)) == "[0.800, 0.900]"
    assert formatting.worst(samples.metric(failed=0, worst_low=0.8, worst_high=0.8)) == "–"
    assert formatting.worst(samples.metric(failed=5, worst_low=None, worst_high=None)) == "–"


def test_counts_name_their_reason() -> None:
    """In the order they are given in."""
    assert formatting.counts({"timeout": 3, "http_status": 1}) == "3 × timeout, 1 × http_status"
    assert formatting.counts({}) == ""
    assert formatting.scored(samples.metric(n=1, failed=9)) == "1 of 10"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.0, "0.0 s"),
        (12.34, "12.3 s"),
        (59.7, "1 min 00 s"),
        (75.0, "1 min 15 s"),
        (3599.9, "1 h 00 min"),
        (3725.0, "1 h 02 min"),
        (90_000.0, "25 h 00 min"),
    ],
)
def test_a_duration_as_people_say_it(seconds: float, said: str) -> None:
    """No sixty seconds and no sixty minutes."""
    assert formatting.duration(seconds) == said


@pytest.mark.parametrize(
    ("judge", "said"),
    [
        ({"kind": "openai", "model": "m", "endpoint": "http://h/v1"}, "m at http://h/v1"),
        ({"kind": "custom", "use": "mine:Judge"}, "mine:Judge at an address of its own"),
    ],
)
def test_the_judge_is_named(judge: dict[str, str], said: str) -> None:
    """A model by its name and where it was asked."""
    summary = samples.summary(origin=samples.origin(judge=judge), embedded_judge=False)
    assert formatting.judge(summary) == said
    assert formatting.judge(samples.summary()) == "the embedded judge (version 1)"


def test_a_good_run_needs_no_warning() -> None:
    """Nothing is said where nothing must be known."""
    assert formatting.warnings(samples.summary(embedded_judge=False)) == []
    assert formatting.comparison_warnings(samples.comparison(embedded_judge=False)) == []


def test_a_reader_is_warned_before_believing_a_run() -> None:
    """Of the embedded judge, of what was not asked, not answered, not scored, and of what applies nowhere."""
    poor = samples.metric("poor", n=80, failed=5)
    nowhere = samples.metric("nowhere", n=0, not_applicable=85, not_applicables={"no reference": 85})
    run = samples.summary(
        poor, nowhere, planned=100, cases=90, scored=88, finished=False, answered=85, target_failures={"timeout": 5}
    )
    assert formatting.warnings(run) == [
        formatting.EMBEDDED,
        (
            "Unfinished, 88 of 100 scored (90 asked): these are not the numbers of the whole dataset. "
            "Go on with: rag-eval run --resume 20261123-091500-harbour-strong"
        ),
        "5 of 90 cases got no answer: 5 × timeout. They stand in no mean here; a comparison counts them as 0.",
        "poor: only 80 of 85 scored, under the 95% that this run demands.",
        "nowhere: has a value for no case (85 × no reference).",
    ]


def test_a_reader_is_warned_before_believing_a_difference() -> None:
    """Of what was forced, and of cases that only one of the runs asked or scored."""
    found = samples.comparison(
        samples.compared(only_a=2, only_b=1), differences=("datasets differ",), only_in_a=3, only_in_b=4
    )
    assert formatting.comparison_warnings(found) == [
        formatting.EMBEDDED,
        "Compared by force although datasets differ.",
        "3 cases are in A alone and 4 in B alone; only shared ones count.",
        "Cases with a value in A alone and in B alone, which enter no mean here: faithfulness 2 and 1.",
    ]


def test_every_verdict_has_words() -> None:
    """And no two the same ones."""
    assert {*formatting.VERDICTS} == {*get_args(Conclusion)}
    assert {*OPENINGS} == {*get_args(Conclusion), "mixed"}
    assert len({*formatting.VERDICTS.values()}) == len(formatting.VERDICTS)


def test_the_limits_of_an_interval_are_never_one_number() -> None:
    """As many digits as tell them apart, and a difference from nought; mean and difference have as many."""
    narrow = Interval(low=0.00811, high=0.00839, method="m")
    assert formatting.interval(narrow) == "[0.0081, 0.0084]"
    assert formatting.mean(samples.metric(mean=0.00825, interval=narrow)) == "0.0083"
    near = Interval(low=0.00004, high=0.25, method="m")
    assert formatting.interval(near, plus=True) == "[+0.00004, +0.25000]"
    assert formatting.interval(near) == "[0.000, 0.250]"
    assert formatting.interval(Interval(low=0.0, high=0.25, method="m"), plus=True) == "[+0.000, +0.250]"
    compared = samples.compared(mean_a=0.5, mean_b=0.62504, difference=0.12504, interval=near)
    assert formatting.change(compared) == ("0.50000", "0.62504", "+0.12504", "[+0.00004, +0.25000]")


def test_why_a_mean_has_no_interval_is_said_once_for_each_reason() -> None:
    """And not of what was answered, which is a count."""
    run = samples.summary(
        *(samples.metric(name, interval=None, note="all 15 values are the same") for name in ("latency", "mrr")),
        samples.metric("answered", interval=None, note="all 15 values are the same"),
        embedded_judge=False,
    )
    assert formatting.warnings(run) == ["No interval of latency, mrr: all 15 values are the same."]


def test_a_name_has_its_unit_and_the_mark_that_less_is_better() -> None:
    """With what it is between the two, where that needs saying."""
    latency = samples.metric("latency", unit="s", higher_is_better=False)
    assert formatting.heading(latency) == formatting.title(latency) == "latency (s) ↓"
    assert formatting.title(latency.model_copy(update={"label": "of all"})) == "latency (s) (of all) ↓"
    assert formatting.heading(samples.metric(label="of all")) == "faithfulness"


def test_a_failure_is_told_in_its_own_words_with_the_settings_that_bear_on_it() -> None:
    """How many cases, what the first of them says where not all say the same, and what to look at."""
    refused = FailureGroup(
        stage="target", reason="unauthorized", count=5, message="http://h/ask answered 401: bad key",
        remedy="target.auth.key_env is ORBIT_KEY",
    )  # fmt: skip
    cut = FailureGroup(stage="judge", reason="cut_off", count=2, message="it\nbroke off.", alike=False)
    run = samples.summary(failures=(refused, cut), embedded_judge=False)
    assert formatting.warnings(run) == [
        "5 × unauthorized: http://h/ask answered 401: bad key; target.auth.key_env is ORBIT_KEY",
        "2 × cut_off, the first: it broke off",
    ]
