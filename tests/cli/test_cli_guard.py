"""What every command shares: errors become one message and an exit code."""

import gc
from contextlib import suppress

import pytest
import typer

from rag_eval.cli.guard import INTERRUPTED, guarded, print_error, print_note, uncollected
from rag_eval.errors import GateFailed, GateUndecided, IncompleteError, RagEvalError, UsageError


@pytest.mark.parametrize(
    ("error", "code"),
    [(GateFailed("g"), 1), (UsageError("u"), 2), (IncompleteError("i"), 3), (GateUndecided("q"), 4)],
)
def test_an_error_of_ours_is_a_line_and_an_exit_code(
    error: RagEvalError, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback: the message says what to do."""

    @guarded
    def command() -> None:
        raise error

    with pytest.raises(typer.Exit) as ended:
        command()
    assert ended.value.exit_code == code
    assert capsys.readouterr().err == f"error: {error}\n"


def test_what_is_no_error_of_ours_is_passed_on() -> None:
    """Whoever runs the program decides what becomes of it."""

    @guarded
    def command() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        command()


def test_an_interrupt_ends_with_its_own_code(capsys: pytest.CaptureFixture[str]) -> None:
    """As shells have it: 128 and the number of the signal."""

    @guarded
    def command() -> None:
        raise KeyboardInterrupt

    with pytest.raises(typer.Exit) as ended:
        command()
    assert ended.value.exit_code == INTERRUPTED == 130
    assert capsys.readouterr().err == "error: interrupted\n"


def test_garbage_is_collected_while_a_command_runs() -> None:
    """The program starts without, which is quicker."""
    seen = []

    @guarded
    def command() -> None:
        seen.append(gc.isenabled())

    gc.disable()
    try:
        command()
    finally:
        gc.enable()
    assert seen == [True]


def test_what_is_written_cannot_steer_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Notes and errors hold what others wrote."""
    print_note("a\x1b[2Jb")
    print_error("c\x1b[2Jd")
    told = capsys.readouterr().err
    assert "\x1b" not in told
    assert "a␛[2Jb" in told
    assert "error: c␛[2Jd" in told


@pytest.mark.parametrize("collected", [True, False])
def test_no_garbage_is_looked_for_while_modules_are_imported(collected: bool) -> None:  # noqa: FBT001 - it is a case
    """Afterwards it is as it was before, also where an import fails."""
    before = gc.isenabled()
    (gc.enable if collected else gc.disable)()
    try:
        seen = []
        with suppress(ImportError), uncollected():
            seen.append(gc.isenabled())
            raise ImportError
        assert [*seen, gc.isenabled()] == [False, collected]
    finally:
        (gc.enable if before else gc.disable)()
