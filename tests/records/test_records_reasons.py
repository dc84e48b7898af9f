"""Every reason that a failure of ours has stands in one place; others' reasons are read all the same."""

import ast
import asyncio
import functools
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

import rag_eval
from rag_eval.errors import ReasonedError
from rag_eval.records import Failure, Reason
from rag_eval.targets.http.response import in_time
from rag_eval.telemetry import metrics

PACKAGE = Path(rag_eval.__file__).parent
RAISED = frozenset(
    {"Failure", "JudgeError", "RetryLater", "TargetError", "Trouble", "Unsent", "_Unparsable", "_failure"}
)
"""What is made with a reason."""


@functools.cache
def sources() -> list[tuple[Path, list[ast.AST]]]:
    """Our modules, each with all of its syntax tree, without the staging service, which has codes of its own."""
    paths = [path for path in sorted(PACKAGE.rglob("*.py")) if "staging" not in path.parts]
    return [(path, [*ast.walk(ast.parse(path.read_text(encoding="utf-8")))]) for path in paths]


def given(call: ast.Call) -> Iterator[ast.expr]:
    """What may be the reason in a call that makes a failure."""
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    if name in RAISED:
        yield from (keyword.value for keyword in call.keywords if keyword.arg == "reason")
        yield from call.args if name in ("Trouble", "_failure") else ()


@pytest.mark.slow
def test_no_failure_is_made_with_a_reason_that_is_written_out() -> None:
    """A reason is one of `Reason`, so that a new one cannot be forgotten there."""
    written_out = [
        f"{path.name}:{part.lineno} {part.value!r}"
        for path, nodes in sources()
        for call in nodes
        if isinstance(call, ast.Call)
        for value in given(call)
        for part in ast.walk(value)
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value.isidentifier()
        if part.value not in ("target", "judge", "metric")
    ]
    assert written_out == []


@pytest.mark.slow
def test_every_reason_is_used() -> None:
    """What no module names any more does not stay."""
    used = {
        node.attr
        for _, nodes in sources()
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Reason"
    }
    assert {reason.name for reason in Reason} == used


@pytest.mark.parametrize("reason", list(Reason))
def test_a_reason_is_a_short_code_with_a_sentence(reason: Reason) -> None:
    """The code is what journals hold, the sentence is for people, and Prometheus knows the code."""
    assert reason.value == reason.name.lower()
    assert reason.sentence[0].isupper()
    assert reason.sentence.endswith(".")
    assert metrics.known(reason, metrics.REASONS) == reason.value


def test_a_failure_holds_the_code_as_plain_text() -> None:
    """Neither a record nor an error carries the enumeration into a journal or a report."""
    failure = Failure(stage="target", reason=Reason.TIMEOUT, message="no answer in time")
    assert type(failure.reason) is str
    assert type(ReasonedError("no answer in time", reason=Reason.TIMEOUT).reason) is str
    assert '"reason":"timeout"' in failure.model_dump_json()


def test_a_reason_of_somebody_else_is_read() -> None:
    """Journals of older versions and of others' parts may hold codes that are not listed; counted they are `other`."""
    failure = Failure.model_validate_json('{"kind":"failure","stage":"target","reason":"of_old","message":"it failed"}')
    assert failure.reason == "of_old"
    assert metrics.known(failure.reason, metrics.REASONS) == metrics.OTHER


def client_errors() -> list[type[Exception]]:
    """Every exception of the HTTP client that a request may raise."""
    roots = (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError)
    exported = [value for value in vars(httpx2).values() if isinstance(value, type) and issubclass(value, roots)]
    return sorted(exported, key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", client_errors())
def test_every_exception_of_the_http_client_becomes_one_with_a_reason(kind: type[Exception]) -> None:
    """A question never fails as `unexpected` because of the network; a new release's exception shows here."""
    error = kind.__new__(kind)
    Exception.__init__(error, "what the client says")

    async def request() -> None:
        async with in_time(1.0, "http://service/ask"):
            raise error

    with pytest.raises(ReasonedError) as raised:
        asyncio.run(request())
    assert raised.value.reason in set(Reason) - {Reason.UNEXPECTED}
