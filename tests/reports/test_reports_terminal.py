"""Runs and comparisons on a terminal."""

import io
import re
from collections.abc import Iterable

import pytest
from rich.cells import cell_len
from rich.console import Console, RenderableType
from support import samples
from support.rendering import on_terminal

from rag_eval.journal import Row
from rag_eval.records import (
    Answer,
    Case,
    Evidence,
    Failure,
    GateResult,
    Interval,
    Movement,
    NotApplicable,
    RefusalChange,
    RefusalComparison,
    RunComparison,
    Score,
    SliceComparison,
    Usage,
    Verdict,
)
from rag_eval.reports import formatting, markdown, terminal

_LATENCY = Interval(low=12.345, high=15.678, method="m")


def _line(printed: str, name: str) -> str:
    return next(line for line in printed.splitlines() if name in line and "│" in line)


@pytest.mark.parametrize("width", [76, 80, 100, 140, 300])
def test_no_number_of_a_run_is_cut(width: int) -> None:
    """Mean, interval, and how many were scored and failed stand whole at every width that is in use."""
    run = samples.summary(
        samples.metric("semantic_similarity", n=1988, failed=12, worst_low=0.701, worst_high=0.902),
        samples.metric("latency", mean=13.333, interval=_LATENCY, higher_is_better=False, bounded=False),
    )
    printed = on_terminal(terminal.run(run), width)
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
    wide, narrow = on_terminal(terminal.run(run), 140), on_terminal(terminal.run(run), 60)
    assert "[0.701, 0.902]" in wide
    assert "n/a" in wide
    assert "[0.701, 0.902]" not in narrow
    assert "n/a" not in narrow


def test_a_long_name_is_folded_rather_than_a_number_cut() -> None:
    """As a metric of one's own may have."""
    run = samples.summary(samples.metric("a_metric_of_our_own_with_a_name_that_goes_on_and_on_for_quite_a_while"))
    printed = on_terminal(terminal.run(run), 80)
    assert "[0.812, 0.946]" in printed
    assert "…" not in printed


@pytest.mark.parametrize("width", [60, 80, 100, 140, 300])
def test_no_number_of_a_comparison_is_cut(width: int) -> None:
    """The difference, its interval and what it allows to say stand whole at every width that is in use."""
    found = samples.comparison(
        samples.compared("semantic_similarity", pairs=2000, win=1000, tie=900, loss=100),
        samples.compared("latency", interval=Interval(low=-0.5, high=-0.1, method="m"), higher_is_better=False),
    )
    printed = on_terminal(terminal.comparison(found), width)
    for number in ("0.512", "0.634", "+0.122", "[+0.051, +0.153]", "[-0.500, -0.100]", "better", "latency ↓"):
        assert number in printed
    if width >= 80:
        assert "0.512 │ 0.634" in _line(printed, "semantic_similarity")
        assert "better" in _line(printed, "latency ↓")
    if width >= 140:
        assert "1000/900/100" in _line(printed, "semantic_similarity")
        assert "B is better" in _line(printed, "semantic_similarity")
    assert "…" not in printed
    assert all(len(row) <= width for row in printed.splitlines())


@pytest.mark.parametrize("width", [80, 140])
def test_notes_are_wrapped(width: int) -> None:
    """Whatever must be known before believing a number is readable to its end, the embedded judge first."""
    run = samples.summary(samples.metric(n=80, failed=20))
    for parts in (terminal.run(run), terminal.comparison(samples.comparison())):
        printed = on_terminal(parts, width)
        assert formatting.EMBEDDED in " ".join(printed.split())
    assert "faithfulness: only 80 of 100 scored" in " ".join(on_terminal(terminal.run(run), width).split())
    assert "!" not in on_terminal(terminal.comparison(samples.comparison(embedded_judge=False)), width)


def test_a_run_says_what_it_asked_and_who_judged() -> None:
    """Below its table."""
    printed = on_terminal(terminal.run(samples.summary(planned=120, cases=120, answered=118)), 140)
    assert printed.startswith("harbour-strong · 20261123-091500-harbour-strong")
    assert "118 of 120 cases answered in 1 min 15 s, judged by the embedded judge (version 1)\n" in printed


def test_a_run_says_what_its_judge_took() -> None:
    """Calls and tokens, and money where prices are known; nothing of a judge that is free."""
    usage = Usage(calls=40, prompt_tokens=400, completion_tokens=200, cost_usd=0.0008)
    printed = on_terminal(terminal.run(samples.summary().model_copy(update={"usage": usage})), 200)
    assert "(version 1); 40 judge calls, 400 + 200 tokens, $0.0008\n" in printed


def test_an_empty_run_is_shown() -> None:
    """Dashes where nothing is known."""
    run = samples.summary(samples.metric(n=0, mean=None, interval=None, worst_low=None, worst_high=None))
    assert [cell.strip() for cell in _line(on_terminal(terminal.run(run), 80), "faithfulness").split("│")[2:4]] == [
        "–"
    ] * 2


def test_runs_without_a_shared_metric_are_shown() -> None:
    """A comparison of nothing is an empty table and no error."""
    found = samples.comparison().model_copy(update={"metrics": ()})
    assert "metric" in on_terminal(terminal.comparison(found), 80)


def test_several_runs_are_summed_up_a_line_each() -> None:
    """Who is the best of three is seen without reading three reports; one comparison needs no table of one line."""
    metric = samples.compared(name="correctness")
    lost = samples.comparison(metric, b="third", regressed=("correctness", "mrr"), primary="correctness")
    kept = samples.comparison(metric, b="second", primary="correctness")
    printed = on_terminal(terminal.overview([kept, lost]), 160)
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
    printed = on_terminal(terminal.comparison(found), 140)
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
    assert on_terminal(terminal.case(row), 140).splitlines() == [
        "case-1  fees, new",
        "When?",
        "answer:    At 7, free.",
        "reference: At 7.",
        "",
        "scores:    faithfulness 0.500",
        "",
        "faithfulness: 0.500",
        "  Do the contexts say what the answer says?",
        "  ✓ It opens at [red]7[/red].",
        "      said so",
        "  ✗ It is free.",
        "  claims: 2",
        "context_recall: not applicable: no reference_contexts",
        "mrr: failure: unexpected: m",
    ]


def test_a_case_without_an_answer_says_why() -> None:
    """With the reason and its sentence."""
    failure = Failure(stage="target", reason="timeout", message="It took too long.")
    printed = on_terminal(terminal.case(Row(0, Case(id="case-1", user_input="When?"), failure, {})), 140)
    assert "no answer: timeout: It took too long.\nreference: –\n" in printed


@pytest.mark.parametrize(
    ("finished", "said"), [(True, "cases answered in 1 min 15 s,"), (False, "cases answered, judged")]
)
def test_only_a_run_that_ended_has_a_time(*, finished: bool, said: str) -> None:
    """What was not written down when a run was killed is not told as a time."""
    run = samples.summary(finished=finished, cases=100 if finished else 50)
    assert said in on_terminal(terminal.run(run), 140)
    assert said in markdown.run(run)


def test_what_was_answered_is_a_count_without_an_interval() -> None:
    """It is no estimate of anything; the gate on it says what it says."""
    line = _line(on_terminal(terminal.run(samples.summary(samples.metric("answered", mean=1.0))), 140), "answered")
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
    [line] = [line for line in on_terminal(terminal.case(row), 5000).splitlines() if line.startswith("  [1]")]
    assert "Of boats. Of boats.… The bar opens at ten.…" in line.replace("Of… The", "Of boats.… The")
    shown, _, more = line.removeprefix("  [1] ").partition(" (")
    assert more == f"{len(text) - len(shown.replace('… ', '').removesuffix('…'))} more characters: --full)"
    [line] = [
        line for line in on_terminal(terminal.case(row, full=True), 5000).splitlines() if line.startswith("  [1]")
    ]
    assert line == f"  [1] {text}"


_QUESTION = "Why are the conditionally-insured harbourmaster's counter-signatures needed, and where? " * 3
_LONG = "a-very-long-case-id-that-somebody-gave-to-a-question"


def _wide() -> RunComparison:
    """A comparison with a row in every table, and with names and questions that are long."""
    moved = (
        Movement(case_id=_LONG, user_input=_QUESTION, a=0.9, b=0.1),
        Movement(case_id="c", user_input="Wo?", a=0.1, b=0.9),
    )
    metrics = (
        samples.compared("semantic_similarity", moved=moved, note="judges differ by more than they should in this one"),
        samples.compared("latency", unit="s", higher_is_better=False, mean_a=1.25, mean_b=1.5, verdict="negligible"),
    )
    slices = tuple(SliceComparison(tag=tag, metric=metrics[0]) for tag in ("unanswerable", "made-by-customers"))
    change = RefusalChange(both_answered=84, only_a_refused=35, only_b_refused=2, both_refused=25)
    gate = GateResult(expression="x", outcome="failed", sentence="semantic_similarity.drop_vs(main) ≤ 0.02: fails: so")
    return samples.comparison(
        *metrics,
        primary="semantic_similarity",
        slices=slices,
        refusals=RefusalComparison(answerable=change, unanswerable=change),
        gates=(gate,),
    )


@pytest.mark.parametrize("width", [60, 80])
def test_every_word_stands_whole(width: int) -> None:
    """On a terminal of 60 or 80 columns no line is longer, and no word, number or question of the records is cut."""
    compared = _wide()
    row = Row(
        0,
        Case(id=_LONG, user_input=_QUESTION, reference=_QUESTION, tags=("made-by-customers",)),
        Answer(response=_QUESTION, retrieved_contexts=(_QUESTION[:200],), retrieved_context_ids=("fares#1",)),
        {"faithfulness": Score(value=0.5, evidence=Evidence(verdicts=(_VERDICT,), details={"value_by_ragas": 0.25}))},
    )
    run = samples.summary(samples.metric("semantic_similarity", n=1988, failed=12, label="by embeddings of words"))
    parts = {
        "comparison": (terminal.comparison(compared), compared),
        "overview": (terminal.overview([compared, compared.model_copy(update={"regressed": ("mrr", "hit@5")})]), None),
        "run": (terminal.run(run), None),
        "case": (terminal.case(row, full=True), None),
    }
    shown = {name: _terminal(renderables, width) for name, (renderables, _) in parts.items()}
    for name, printed in shown.items():
        assert "…" not in printed, name
        assert max(map(cell_len, printed.splitlines())) <= width, name
    numbers = "84 35 25 latency (s) ↓ 1.250 1.500 0.90 0.10"
    words_of = {
        "comparison": f"{_QUESTION} {_LONG} {numbers} unanswerable made-by-customers",
        "overview": f"{compared.b} mrr, hit@5 {compared.a},",
        "run": "semantic_similarity (by embeddings of words) 0.888 [0.812, 0.946] 1988 2000",
        "case": f"{_QUESTION} {_LONG} [fares#1] made-by-customers {_VERDICT.statement} {_VERDICT.reason} 0.250",
    }
    for name, wanted in words_of.items():
        missing = {*wanted.split()} - {*shown[name].replace("│", " ").split()}
        assert not missing, (name, missing)


_VERDICT = Verdict(
    part="response",
    statement="The conditionally-insured harbourmaster counter-signs in the office.",
    verdict=1,
    reason="Said in: The harbourmaster counter-signs whatever is conditionally-insured.",
    support=0.75,
)


def _terminal(parts: Iterable[RenderableType], width: int) -> str:
    """What a terminal shows, colours taken away."""
    console = Console(width=width, force_terminal=True, file=io.StringIO())
    with console.capture() as capture:
        for part in parts:
            console.print(part, crop=False)
    return re.sub(r"\x1b\[[0-9;]*m", "", capture.get())


def test_a_slower_run_within_its_tolerance_is_not_red() -> None:
    """What does not matter has the colour of what does not matter."""
    latency = samples.compared("latency", unit="s", higher_is_better=False, verdict="negligible", difference=0.1)
    console = Console(width=80, force_terminal=True, color_system="standard", file=io.StringIO())
    with console.capture() as capture:
        for part in terminal.comparison(samples.comparison(latency)):
            console.print(part)
    line = next(line for line in capture.get().splitlines() if "latency" in line and "│" in line)
    assert "\x1b[31m" not in line
    assert "\x1b[2mnegligible" in line


def test_what_lost_and_gained_has_its_unit() -> None:
    """Of times seconds, and the mark that less is better; as many digits as show that something moved."""
    moved = (Movement(case_id="c", user_input="Why?", a=1.00001, b=1.00004),)
    latency = samples.compared("latency", unit="s", higher_is_better=False, moved=moved)
    printed = on_terminal(terminal.comparison(samples.comparison(latency), ["latency"]), 140)
    assert "latency (s) ↓: lost most (1 of 20)\n  1.00001 → 1.00004 s  c  Why?\n" in printed


def test_nothing_in_a_record_steers_the_terminal() -> None:
    """Escape sequences and marks that turn letters around are shown, or left out."""
    nasty = "\x1b]0;pwn\x07\x1b[2J\x9b31m\u202eabc"
    row = Row(0, Case(id="c", user_input=nasty, tags=(nasty,)), Answer(response=nasty), {})
    gate = GateResult(expression="x", outcome="passed", sentence=nasty)
    metric = samples.compared(nasty[:9], moved=(Movement(case_id=nasty, user_input=nasty, a=0.0, b=1.0),))
    for parts in (terminal.case(row), terminal.gates([gate]), terminal.comparison(samples.comparison(metric))):
        printed = on_terminal(parts, 80)
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & {*printed}
        assert "␛]0;pwn" in printed


def test_what_was_needed_is_marked_and_what_is_missing_named() -> None:
    """A reader sees without looking ids up which passages should have come, and that one did not."""
    row = Row(
        0,
        Case(id="c", user_input="Why?", reference_context_ids=("b#1", "z#9")),
        Answer(response="So.", retrieved_contexts=("One.", "Two."), retrieved_context_ids=("a#1", "b#1")),
        {
            "context_precision": Score(
                value=0.5,
                evidence=Evidence(verdicts=(Verdict(part="context", statement="context 2", verdict=1, reason="yes"),)),
            ),
            "mrr": NotApplicable(reason="no ids"),
            "ndcg@5": NotApplicable(reason="no ids"),
        },
    )
    printed = on_terminal(terminal.case(row), 80)
    assert "  [a#1] One.\n+ [b#1] Two.\nmissing:   z#9\n" in printed
    assert "  ✓ context 2 [b#1]\n      yes\n" in printed
    assert "mrr, ndcg@5: not applicable: no ids\n" in printed


def test_what_was_looked_at_all_the_same_stands_under_its_metric() -> None:
    """As RAGAs' own value of a refusal; metrics of which nothing more is known share a line."""
    refused = NotApplicable(reason="refused")
    outcomes = {
        "faithfulness": refused.model_copy(update={"evidence": Evidence(details={"value_by_ragas": 1.0})}),
        "faithfulness_min": refused,
        "overall": refused,
    }
    printed = on_terminal(
        terminal.case(Row(0, Case(id="c", user_input="When?"), Answer(response="No."), outcomes)), 100
    )
    claims = "not applicable: the answer refuses, and so claims nothing"
    assert f"faithfulness: {claims}\n  RAGAs' own value: 1.000\nfaithfulness_min, overall: {claims}\n" in printed
