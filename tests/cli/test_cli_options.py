"""The options that several commands take: everywhere the same, and refused everywhere alike."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from rag_eval.cli import app


def _commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    inner_commands: dict[str, Any] = getattr(command, "commands", {})
    if inner_commands:
        for name, inner in inner_commands.items():
            yield from _commands(inner, (*path, name))
    else:
        yield path, command


_ALL = dict(_commands(get_command(app)))


def _with(option: str) -> list[tuple[str, ...]]:
    return [path for path, command in _ALL.items() if any(option in parameter.opts for parameter in command.params)]


def _options() -> dict[str, dict[str, Any]]:
    """Each option to the commands that have it."""
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for path, command in _ALL.items():
        for parameter in command.params:
            for name in parameter.opts:
                if name.startswith("--"):
                    found[name][" ".join(path)] = parameter
    return found


@pytest.mark.parametrize(
    "name", ["--json", "--quiet", "--gate", "--undecided", "--baselines", "--retry-errors", "--yes"]
)
def test_an_option_is_of_one_type_in_every_command(name: str) -> None:
    """What is learnt for one command holds for the others, its short form too."""
    shapes = {
        (parameter.multiple, parameter.is_flag, *sorted(parameter.opts)) for parameter in _options()[name].values()
    }
    assert len(shapes) == 1


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--limit", "0"),
        ("--limit", "-1"),
        ("--limit", "few"),
        ("--limit", "1.5"),
        ("--limit", ""),
        ("--undecided", "maybe"),
        ("--undecided", "passed"),
        ("--log-format", "xml"),
        ("--max-concurrency", "0"),
        ("--metrics-port", "65536"),
        ("--metrics-port", "-1"),
        ("--seed", "today"),
    ],
)
def test_a_value_that_is_none_is_refused_by_its_option(option: str, value: str) -> None:
    """Before anything is read: the exit code is that of a mistake, and the file that is not there is not missed."""
    result = CliRunner().invoke(app, ["run", "gone.yaml", option, value], env={"COLUMNS": "300", "TERM": "dumb"})
    assert (result.exit_code, result.stdout) == (2, "")
    assert option in result.stderr
    assert "gone.yaml" not in result.stderr


def test_the_log_format_may_come_from_the_environment() -> None:
    """And is held to the same."""
    result = CliRunner().invoke(app, ["run", "gone.yaml"], env={"RAG_EVAL_LOG_FORMAT": "xml", "COLUMNS": "300"})
    assert result.exit_code == 2
    assert "xml" in result.stderr


@pytest.mark.parametrize("path", list(_ALL), ids=" ".join)
def test_every_option_of_every_command_says_what_it_does(path: tuple[str, ...]) -> None:
    """In a sentence with a full stop; what is hidden is what something used to be called."""
    for parameter in _ALL[path].params:
        if parameter.param_type_name == "option" and parameter.name != "help":
            assert parameter.help, f"{parameter.name} of {' '.join(path)}"
            assert parameter.help.rstrip().endswith((".", ")")), f"{parameter.name} of {' '.join(path)}"


@pytest.mark.parametrize("path", list(_ALL), ids=" ".join)
def test_no_command_has_an_option_twice(path: tuple[str, ...]) -> None:
    """Two meanings of a letter would be told apart by nobody."""
    names = [name for parameter in _ALL[path].params for name in (*parameter.opts, *parameter.secondary_opts)]
    assert len({*names}) == len(names)


def test_what_runs_an_experiment_takes_what_the_others_take() -> None:
    """Whoever changes a pipeline from `run` to `ci` or `sweep` keeps the options."""
    for option in ("--limit", "--seed", "--gate", "--undecided", "--json", "--quiet", "--max-concurrency", "--runs"):
        assert {("run",), ("ci",), ("sweep",)} <= {*_with(option)}
    assert isinstance(app, typer.Typer)
