"""How a run is shown while it goes on."""

import dataclasses
import io
from pathlib import Path

import pytest
from rich.console import Console
from rich.progress import Progress

from rag_eval.cli import progress
from rag_eval.evaluation.engine import CaseEvent
from rag_eval.evaluation.session import RunStart, unseen
from rag_eval.evaluation.survey import Survey
from rag_eval.records import Case, Usage
from rag_eval.runs import RunFolder

_CASE = Case(id="a", user_input="q")
_ANSWERED = CaseEvent("answered", _CASE, failed=False)
_SCORED = CaseEvent("scored", _CASE, failed=False)
_FAILED = CaseEvent("scored", _CASE, failed=True)


class _Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> _Clock:
    """The time that the display goes by."""
    found = _Clock()
    monkeypatch.setattr("rag_eval.cli.progress.time.monotonic", found.monotonic)
    return found


@pytest.mark.parametrize("width", [60, 72, 80, 140])
def test_no_number_is_cut_while_a_run_goes_on(width: int) -> None:
    """With little room there is less to see, and what there is is whole."""
    console = Console(width=width, color_system=None, file=io.StringIO(), force_terminal=True)
    shown = Progress(*progress.columns(width), console=console)
    shown.add_task("scored", total=1630, completed=1200, failed=12, rate="12.3/s", spend="1,234,567 tokens")
    with console.capture() as capture:
        console.print(shown.get_renderable())
    assert "1200/1630 12 failed" in capture.get()
    assert "1,234,567 tokens" in capture.get()
    assert "…" not in capture.get()


def _started(total: int, usage: Usage | None = None) -> RunStart:
    return RunStart(RunFolder(Path("runs/one")), Survey(total, "f"), lambda: usage or Usage())


def test_plain_lines_come_now_and_then(clock: _Clock, capsys: pytest.CaptureFixture[str]) -> None:
    """At the start, every ten seconds, and at the end: with counts, rate, and when it will be done."""
    with progress.shown(_started(40)) as watch:
        for _ in range(39):
            clock.now += 0.5
            watch(_ANSWERED)
            watch(_SCORED)
        clock.now += 0.5
        watch(_FAILED)
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == [
        "40 cases → runs/one",
        "19/40 scored, 0 failed, 1.9/s, ETA 11 s",
        "40/40 scored, 1 failed, 2.0/s",
    ]


def test_no_end_is_foretold_from_the_first_wave(clock: _Clock, capsys: pytest.CaptureFixture[str]) -> None:
    """What is under way at the same time has come no nearer to its end than that."""
    started = dataclasses.replace(_started(40), wave=8)
    with progress.shown(started) as watch:
        for count in range(1, 9):
            clock.now += 60
            watch(_SCORED)
            assert ("ETA" in capsys.readouterr().err) == (count == 8)


def test_an_answer_alone_is_not_yet_done(clock: _Clock, capsys: pytest.CaptureFixture[str]) -> None:
    """Only what was scored counts; before the first, no end is foretold."""
    with progress.shown(_started(2)) as watch:
        clock.now += 60
        watch(_ANSWERED)
    assert capsys.readouterr().err.splitlines()[1] == "0/2 scored, 0 failed, 0.0/s"


def test_what_is_spent_is_shown(clock: _Clock, capsys: pytest.CaptureFixture[str]) -> None:
    """At the end of the line."""
    with progress.shown(_started(1, Usage(calls=1, prompt_tokens=1000, completion_tokens=234))) as watch:
        clock.now += 1
        watch(_SCORED)
    assert capsys.readouterr().err.endswith("1/1 scored, 0 failed, 1.0/s, 1,234 tokens\n")


@pytest.mark.parametrize(
    ("usage", "said"),
    [
        (Usage(), ""),
        (Usage(calls=1, prompt_tokens=1200, completion_tokens=34), "1,234 tokens"),
        (Usage(calls=1, prompt_tokens=1200, completion_tokens=34, cost_usd=0.456), "$0.46"),
        (Usage(cost_usd=0.0), "$0.00"),
    ],
)
def test_money_goes_before_tokens(usage: Usage, said: str) -> None:
    """And nothing is said where nothing was spent."""
    assert progress.spend_text(usage) == said


def test_quiet_says_nothing(clock: _Clock, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither at the start, nor between, nor at the end."""
    with unseen(_started(1)) as watch:
        clock.now += 60
        watch(_SCORED)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("quiet", [True, False])
def test_where_no_terminal_is_pushing_writes_nothing(capsys: pytest.CaptureFixture[str], *, quiet: bool) -> None:
    """Not even an empty line: a script takes what stands on standard error for something wrong."""
    with progress.pushing(quiet=quiet) as pushed:
        pushed(1, 2)
        pushed(2, 2)
    assert capsys.readouterr() == ("", "")


def test_a_terminal_has_a_live_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error, with what failed and what was spent."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    with progress.shown(_started(2, Usage(cost_usd=1.5))) as watch:
        watch(_SCORED)
        watch(_FAILED)
    told = capsys.readouterr()
    assert told.out == ""
    for said in ("2/2", "1 failed", "$1.50"):
        assert said in told.err
