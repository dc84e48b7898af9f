"""Where a service's answer holds what, and what is no answer."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jmespath
from pydantic import JsonValue

from rag_eval import config
from rag_eval.errors import ConfigError, TargetError
from rag_eval.records import DEGRADED, Answer

Hide = Callable[[str], str]
_LISTS = ("retrieved_contexts", "retrieved_context_ids")
_EXTRAS = ("scores", "usage")


@dataclass(frozen=True)
class Timing:
    """When a request was sent, in seconds since 1970, and how many seconds its answer and its first piece took."""

    asked_at: float
    seconds: float
    first: float | None = None


class Selection:
    """Where a body holds what."""

    def __init__(self, said: config.Select) -> None:
        expressions = said.model_dump(exclude_none=True, exclude={"use"})
        self._paths = {name: path_of(text, f"target.select.{name}") for name, text in expressions.items()}
        self._use = said.use
        self._function: Callable[[Any], Any] | None = config.named(said.use) if said.use else None

    def fields(self, body: Any) -> dict[str, Any]:
        """The fields that a body holds; raises `TargetError` where an expression does not fit it."""
        if self._function is None:
            return {name: search(path, body, f"target.select.{name}") for name, path in self._paths.items()}
        found = self._function(body)
        if not isinstance(found, Mapping):
            message = f"target.select.use: {self._use} must give an object with `response`, not {type(found).__name__}"
            raise TargetError(message, reason="no_answer")
        return dict(found)

    def answer(self, body: Any, timing: Timing, attempts: int, hide: Hide, text: str | None = None) -> Answer:
        """Pick an answer out of a body, with `text` for a response that came in pieces.

        Raises `TargetError` if it is not where it was said to be.
        """
        found = self.fields(body)
        response = self._text(found.get("response"), body) if text is None else text
        contexts, ids = (self._list(name, found) for name in _LISTS)
        extras = {name: _hidden(found[name], hide) for name in _EXTRAS if found.get(name) is not None}
        if found.get("degraded"):
            extras[DEGRADED] = True
        return Answer(
            response=hide(readable(response)),
            retrieved_contexts=None if contexts is None else tuple(hide(one) for one in contexts),
            retrieved_context_ids=None if ids is None else tuple(hide(one) for one in ids),
            latency_s=timing.seconds,
            first_token_s=timing.first,
            attempts=attempts,
            asked_at=timing.asked_at,
            metadata=extras,
        )

    def _text(self, value: Any, body: Any) -> str:
        if isinstance(value, str) and value.strip():
            return value
        keys = f"its keys are {sorted(body)}" if isinstance(body, dict) else f"it is a {type(body).__name__}"
        place = self._use or self._paths["response"].expression
        raise TargetError(f"target.select.response: no text at {place!r} in the answer; {keys}", reason="no_answer")

    def _list(self, name: str, found: Mapping[str, Any]) -> tuple[str, ...] | None:
        if name not in found:
            return None
        value = found[name]
        if isinstance(value, list) and all(isinstance(one, str | int) for one in value):
            return tuple(readable(str(one)) for one in value)
        place = self._use or self._paths[name].expression
        kind = "nothing" if value is None else type(value).__name__
        if isinstance(value, list):
            kind = f"a list with {next(type(one).__name__ for one in value if not isinstance(one, str | int))}"
        raise TargetError(
            f"target.select.{name}: expected a list of texts at {place!r}, found {kind}", reason="bad_contexts"
        )


def _hidden(value: Any, hide: Hide) -> JsonValue:
    """A value as it can be kept: readable, without secrets, without what JSON does not know."""
    match value:
        case str():
            return hide(readable(value))
        case dict():
            return {hide(readable(str(key))): _hidden(inner, hide) for key, inner in value.items()}
        case list() | tuple():
            return [_hidden(inner, hide) for inner in value]
        case bool() | int() | None:
            return value
        case float() if math.isfinite(value):
            return value
        case _:
            return hide(str(value))


def path_of(expression: str, where: str) -> Any:
    """A compiled JMESPath; raises `ConfigError` for what is none."""
    try:
        return jmespath.compile(expression)
    except jmespath.exceptions.JMESPathError as error:
        raise ConfigError(f"{where}: {expression!r} is not a JMESPath: {error}") from error


def search(path: Any, body: Any, where: str) -> Any:
    """What stands at a path; raises `TargetError` where a function of it does not take what stands there."""
    try:
        return path.search(body)
    except jmespath.exceptions.JMESPathError as error:
        raise TargetError(
            f"{where}: {path.expression!r} does not fit the answer: {error}", reason="no_answer"
        ) from error


def readable(text: str) -> str:
    """The text with halves of surrogate pairs, which JSON can hold and no file can, replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
