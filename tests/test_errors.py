"""The tree of errors, and the exit code of each."""

import re
from collections.abc import Iterator

import pytest
import typer

from rag_eval import errors
from rag_eval.cli.guard import guarded
from rag_eval.errors import JudgeError, RagEvalError, TargetError, UsageError

_ENTRY = re.compile(r"^( *)\* `(\w+)`(?: \((\d+)\))?", re.MULTILINE)


def _drawn() -> Iterator[tuple[str, int]]:
    """Name and exit code of each error as the module's docstring draws them; a child inherits its parent's."""
    above: dict[int, int] = {}
    for indent, name, code in _ENTRY.findall(errors.__doc__ or ""):
        depth = len(indent)
        above[depth] = int(code) if code else above[depth - 4]
        yield name, above[depth]


def _defined() -> dict[str, type[RagEvalError]]:
    found = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type)}
    return {name: kind for name, kind in found.items() if issubclass(kind, RagEvalError)}


def test_the_docstring_is_the_tree() -> None:
    """Every error that is raised stands in it with the exit code it has."""
    raised = {name: kind.exit_code for name, kind in _defined().items() if name != "ReasonedError"}
    assert dict(_drawn()) == raised


def test_every_error_tells_what_it_is() -> None:
    """Each has a sentence of its own, and one root lets a command catch them all."""
    docs = [kind.__doc__ for kind in _defined().values()]
    assert all(docs)
    assert len(set(docs)) == len(docs)


@pytest.mark.parametrize("kind", [TargetError, JudgeError])
def test_a_call_that_failed_carries_its_reason(kind: type[TargetError | JudgeError]) -> None:
    """The message is for people, the reason is counted, and nothing is retriable unless it says so."""
    error = kind("The service said no.", reason="http_status")
    assert (str(error), error.reason, error.retriable) == ("The service said no.", "http_status", False)
    assert kind("Later.", reason="timeout", retriable=True).retriable


@pytest.mark.parametrize(
    "error",
    [
        kind("What happened.", reason="r") if issubclass(kind, errors.ReasonedError) else kind("What happened.")
        for kind in _defined().values()
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_ends_a_command_with_its_code(error: RagEvalError, capsys: pytest.CaptureFixture[str]) -> None:
    """The message goes to standard error, without a traceback."""

    @guarded
    def command() -> None:
        raise error

    with pytest.raises(typer.Exit) as ended:
        command()
    assert ended.value.exit_code == error.exit_code
    assert capsys.readouterr() == ("", "error: What happened.\n")


def test_ctrl_c_ends_a_command_with_130(capsys: pytest.CaptureFixture[str]) -> None:
    """As a shell expects of a program that was interrupted."""

    @guarded
    def command() -> None:
        raise KeyboardInterrupt

    with pytest.raises(typer.Exit) as ended:
        command()
    assert ended.value.exit_code == 130
    assert capsys.readouterr().err == "error: interrupted\n"


def test_other_errors_keep_their_traceback() -> None:
    """A mistake of ours is not dressed up as one of the person's."""

    @guarded
    def command() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        command()
    assert UsageError.exit_code == 2
