"""Runs and comparisons on a terminal."""

from collections.abc import Iterable

import pytest
from rich.console import Console, RenderableType
from support import samples

from rag_eval.journal import Row
from rag_eval.records import (
    Answer,
    Case,
    Evidence,
    Failure,
    Interval,
    Movement,
    NotApplicable,
    Score,
    Verdict,
)
from rag_eval.reports import markdown, terminal, words

_LATENCY = Interval(low=12.345, high=15.678, method="m")


def _printed(parts: Iterable[RenderableType], width: int) -> str:
    console = Console(width=width, color_system=None)
    with console.capture() as capture:
        for part in parts:
            console.print(part)
    return capture.get()


def _line(printed: str, name: str) -> str:
    return next(line for line in printed.splitlines() if name in line and "│" in line)


@pytest.mark.parametrize("width", [76, 80, 100, 140, 300])
def test_no_number_of_a_run_is_cut(width: int) -> None:
    """Mean, interval, and how many were scored and failed stand whole at every width that is in use."""
    run = samples.summary(
        samples.metric("semantic_similarity", n=1988, failed=12, worst_low=0.701, worst_high=0.902),
        samples.metric("latency", mean=13.333, interval=_LATENCY, higher_is_better=False, bounded=False),
    )
    printed = _printed(terminal.run(run), width)
    line = _line(printed, "semantic_similarity")
    for number in ("0.888", "[0.812, 0.946]", "1988 of 2000", " 12 "):
        assert number in line
    assert "[12.345, 15.678]" in _line(printed, "latency ↓")
    assert "…" not in printed
    assert all(len(row) <= width for row in printed.splitlines())
    for head in ("metric", "mean", "95 % interval", "scored", "failed"):
        assert head in printed


def test_a_wide_terminal_shows_more() -> None:
    """What applies nowhere and the worst cases are left out only where there is no room."""
    run = samples.summary(samples.metric(n=95, failed=5, not_applicable=3, worst_low=0.701, worst_high=0.902))
    wide, narrow = _printed(terminal.run(run), 140), _printed(terminal.run(run), 60)
    assert "[0.701, 0.902]" in wide
    assert "n/a" in wide
    assert "[0.701, 0.902]" not in narrow
    assert "n/a" not in narrow


def test_a_long_name_is_folded_rather_than_a_number_cut() -> None:
    """As a metric of one's own may have."""
    run = samples.summary(samples.metric("a_metric_of_our_own_with_a_name_that_goes_on_and_on_for_quite_a_while"))
    printed = _printed(terminal.run(run), 80)
    assert "[0.812, 0.946]" in printed
    assert "…" not in printed


@pytest.mark.parametrize("width", [60, 80, 100, 140, 300])
def test_no_number_of_a_comparison_is_cut(width: int) -> None:
    """The difference, its interval and what it allows to say stand whole at every width that is in use."""
    found = samples.comparison(
        samples.compared("semantic_similarity", pairs=2000, win=1000, tie=900, loss=100),
        samples.compared("latency", interval=Interval(low=-0.5, high=-0.1, method="m"), higher_is_better=False),
    )
    printed = _printed(terminal.comparison(found), width)
    line = _line(printed, "semantic_similarity")
    for said in ("+0.122", "[+0.051, +0.153]", "better"):
        assert said in line
    if width >= 80:
        assert "0.512 │ 0.634" in line
    if width >= 140:
        assert "1000/900/100" in line
        assert "B is better" in line
    assert "better" in _line(printed, "latency ↓")
    assert "…" not in printed
    assert all(len(row) <= width for row in printed.splitlines())


@pytest.mark.parametrize("width", [80, 140])
def test_notes_are_wrapped(width: int) -> None:
    """Whatever must be known before believing a number is readable to its end, the embedded judge first."""
    run = samples.summary(samples.metric(n=80, failed=20))
    for parts in (terminal.run(run), terminal.comparison(samples.comparison())):
        printed = _printed(parts, width)
        assert words.EMBEDDED in " ".join(printed.split())
    assert "faithfulness: only 80 of 100 scored" in " ".join(_printed(terminal.run(run), width).split())
    assert "!" not in _printed(terminal.comparison(samples.comparison(embedded_judge=False)), width)


def test_a_run_says_what_it_asked_and_who_judged() -> None:
    """Below its table."""
    printed = _printed(terminal.run(samples.summary(planned=120, cases=120, answered=118)), 140)
    assert printed.startswith("harbour-strong · 20261123-091500-harbour-strong")
    assert "118 of 120 cases answered in 1 min 15 s, judged by the embedded judge (version 1)\n" in printed


def test_an_empty_run_is_shown() -> None:
    """Dashes where nothing is known."""
    run = samples.summary(samples.metric(n=0, mean=None, interval=None, worst_low=None, worst_high=None))
    assert _line(_printed(terminal.run(run), 80), "faithfulness").split("│")[2:4] == ["    – ", "             – "]


def test_runs_without_a_shared_metric_are_shown() -> None:
    """A comparison of nothing is an empty table and no error."""
    found = samples.comparison().model_copy(update={"metrics": ()})
    assert "metric" in _printed(terminal.comparison(found), 80)


def test_several_runs_are_summed_up_a_line_each() -> None:
    """Who is the best of three is seen without reading three reports; one comparison needs no table of one line."""
    metric = samples.compared(name="correctness")
    lost = samples.comparison(metric, b="third", regressed=("correctness", "mrr"), primary="correctness")
    kept = samples.comparison(metric, b="second", primary="correctness")
    printed = _printed(terminal.overview([kept, lost]), 160)
    lines = [line for line in printed.splitlines() if "second" in line or "third" in line]
    assert ["mrr" in line for line in lines] == [False, True]
    assert "correctness, against" in printed
    assert not list(terminal.overview([kept]))


def test_what_moved_most_is_shown_as_it_was_asked() -> None:
    """Brackets in a question are no colours; how fast answers came is left out."""
    moved = tuple(Movement(case_id=f"c{i}", user_input=f"Is [bold]{i}[/] it?", a=0.0, b=1.0) for i in range(5))
    found = samples.comparison(
        samples.compared(moved=moved), samples.compared("latency", moved=moved, higher_is_better=False)
    )
    printed = _printed(terminal.comparison(found), 140)
    assert f"faithfulness: gained most (3 of {found.metrics[0].win})\n  0.00 → 1.00  c0  Is [bold]0[/] it?\n" in printed
    assert "c2" in printed
    assert "c3" not in printed
    assert "latency: " not in printed


def test_a_case_is_shown_with_what_its_scores_rest_on() -> None:
    """Each statement with its verdict and reason; brackets stay as they are."""
    verdicts = (
        Verdict(part="response", statement="It opens at [red]7[/red].", verdict=1, reason="said so"),
        Verdict(part="response", statement="It is free.", verdict=0),
    )
    row = Row(
        0,
        Case(id="case-1", user_input="When?", reference="At 7.", tags=("fees", "new")),
        Answer(response="At 7, free."),
        {
            "faithfulness": Score(value=0.5, evidence=Evidence(verdicts=verdicts, details={"claims": 2})),
            "context_recall": NotApplicable(reason="no reference_contexts"),
            "mrr": Failure(stage="metric", reason="unexpected", message="m"),
        },
    )
    assert _printed(terminal.case(row), 140).splitlines() == [
        "case-1  fees, new",
        "When?",
        "answer:    At 7, free.",
        "reference: At 7.",
        "faithfulness: 0.500",
        "  ✓ It opens at [red]7[/red].  (response: said so)",
        "  ✗ It is free.  (response)",
        "  claims: 2",
        "context_recall: not applicable: no reference_contexts",
        "mrr: failure: unexpected",
    ]


def test_a_case_without_an_answer_says_why() -> None:
    """With the reason and its sentence."""
    failure = Failure(stage="target", reason="timeout", message="It took too long.")
    printed = _printed(terminal.case(Row(0, Case(id="case-1", user_input="When?"), failure, {})), 140)
    assert "no answer: timeout: It took too long.\nreference: –\n" in printed


@pytest.mark.parametrize(
    ("finished", "said"), [(True, "cases answered in 1 min 15 s,"), (False, "cases answered, judged")]
)
def test_only_a_run_that_ended_has_a_time(*, finished: bool, said: str) -> None:
    """What was not written down when a run was killed is not told as a time."""
    run = samples.summary(finished=finished, cases=100 if finished else 50)
    assert said in _printed(terminal.run(run), 140)
    assert said in markdown.run(run)


def test_what_was_answered_is_a_count_without_an_interval() -> None:
    """It is no estimate of anything; the gate on it says what it says."""
    line = _line(_printed(terminal.run(samples.summary(samples.metric("answered", mean=1.0))), 140), "answered")
    assert "[" not in line
    assert "1.000" in line


def test_a_long_context_shows_what_is_cited() -> None:
    """Its beginning, the sentence that decides, and how much is left out; all of it on demand."""
    text = f"{'Of boats. ' * 60}The bar opens at ten. {'Of nets. ' * 60}".strip()
    verdict = Verdict(part="response", statement="At ten.", verdict=1, evidence="The bar opens at ten.")
    row = Row(
        0,
        Case(id="c", user_input="When?"),
        Answer(response="At ten.", retrieved_contexts=(text,)),
        {"faithfulness": Score(value=1.0, evidence=Evidence(verdicts=(verdict,)))},
    )
    [line] = [line for line in _printed(terminal.case(row), 5000).splitlines() if line.startswith("  [1]")]
    assert "Of boats. Of boats.… The bar opens at ten.…" in line.replace("Of… The", "Of boats.… The")
    shown, _, more = line.removeprefix("  [1] ").partition(" (")
    assert more == f"{len(text) - len(shown.replace('… ', '').removesuffix('…'))} more characters: --full)"
    [line] = [line for line in _printed(terminal.case(row, full=True), 5000).splitlines() if line.startswith("  [1]")]
    assert line == f"  [1] {text}"
