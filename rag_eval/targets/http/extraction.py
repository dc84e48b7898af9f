"""Where a service's answer holds what, and what is no answer."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from rag_eval import config, plugins
from rag_eval.errors import TargetError
from rag_eval.records import DEGRADED, NO_END, UNKNOWN, Answer, Reason
from rag_eval.targets.http import signs
from rag_eval.targets.http.contexts import IDS, LISTS, TEXTS, collected, is_null, listed, unknown
from rag_eval.targets.http.paths import json_inside, path_of, search
from rag_eval.targets.thinking import without_thinking

Hide = Callable[[str], str]
_ALIGNED = frozenset({TEXTS, IDS})
_EXTRAS = ("scores", "usage")


@dataclass(frozen=True)
class Timing:
    """When a request was sent, in seconds since 1970, and how many seconds its answer and its first piece took."""

    asked_at: float
    seconds: float
    first: float | None = None


@dataclass(frozen=True)
class StreamContent:
    """What the events of a stream held, beside pieces of text."""

    merged: Any
    """The last that each field held."""
    events: tuple[Any, ...] = ()
    has_end: bool = True
    """Whether the service said that the answer was whole."""


class ResponseExtractor:
    """Where a body holds what."""

    def __init__(self, select: config.SelectConfig) -> None:
        expressions = select.model_dump(exclude_none=True, exclude={"use", "thinking"})
        self._paths = {name: path_of(text, f"target.select.{name}") for name, text in expressions.items()}
        self._lists = {name: self._paths[name] for name in LISTS if name in self._paths}
        self._drops = select.thinking == "drop"
        self._use = select.use
        self._function: Callable[[Any], Any] | None = plugins.load_object(select.use) if select.use else None

    def fields(self, body: Any) -> dict[str, Any]:
        """The fields that a body holds; raises `TargetError` where an expression does not fit it."""
        whole = body.merged if isinstance(body, StreamContent) else body
        if self._function is None:
            brought = collected(self._lists, body.events) if isinstance(body, StreamContent) else {}
            return {name: brought[name] if name in brought else self._search(name, whole) for name in self._paths}
        made = self._function(whole)
        if not isinstance(made, Mapping):
            message = f"target.select.use: {self._use} must give an object with `response`, not {type(made).__name__}"
            raise TargetError(message, reason=Reason.NO_ANSWER)
        return dict(made)

    def _search(self, name: str, body: Any) -> Any:
        return search(self._paths[name], body, f"target.select.{name}", listed if name in _ALIGNED else None)

    def answer(self, body: Any, timing: Timing, attempts: int, hide: Hide, text: str | None = None) -> Answer:
        """Pick an answer out of a body, with `text` for a response that came in pieces.

        Raises `TargetError` if it is not where it was said to be.
        """
        fields = self.fields(body)
        if text is None and self._function is None and (trouble := signs.stopped(signs.event("", body))):
            raise TargetError(f"the answer is none: {trouble.message}", reason=trouble.reason)
        searches = text is None and self._function is None and "response" not in self._paths
        response = None if searches else readable(self._text(fields.get("response"), body) if text is None else text)
        extras = {name: _hidden(fields[name], hide) for name in _EXTRAS if fields.get(name) is not None}
        if fields.get("degraded"):
            extras[DEGRADED] = True
        if isinstance(body, StreamContent) and not body.has_end:
            extras[NO_END] = True
        answer = Answer(
            response=response,
            **self._contexts(fields, body, hide, extras),
            latency_s=timing.seconds,
            first_token_s=timing.first,
            attempts=attempts,
            asked_at=timing.asked_at,
            metadata=extras,
        )
        answer = without_thinking(answer, drop=self._drops)
        return answer.model_copy(update={"response": None if answer.response is None else hide(answer.response)})

    def _contexts(
        self, fields: Mapping[str, Any], body: Any, hide: Hide, extras: dict[str, JsonValue]
    ) -> dict[str, Any]:
        """Texts and ids of contexts; where a part of them is missing they are unknown, and `extras` says why."""
        nulls = self._nulls(fields, body)
        lists = {name: None if name in nulls else self._list(name, fields) for name in (TEXTS, IDS)}
        whys = {**unknown(lists[TEXTS], lists[IDS]), **dict.fromkeys(nulls, "the service gave null for them")}
        if whys:
            extras[UNKNOWN] = whys
        return {
            name: None if values is None or name in whys else tuple(hide(value or "") for value in values)
            for name, values in lists.items()
        }

    def _nulls(self, fields: Mapping[str, Any], body: Any) -> list[str]:
        """The lists for which the service gives null, where it would else give one: it does not say what was there."""
        if self._function is not None or isinstance(body, StreamContent):
            return []
        lists = {name: self._paths[name] for name in (TEXTS, IDS) if name in self._paths}
        return [name for name, path in lists.items() if fields.get(name) is None and is_null(path, body)]

    def _text(self, value: Any, body: Any) -> str:
        if isinstance(value, str) and value.strip():
            return value
        keys = f"its keys are {sorted(body)}" if isinstance(body, dict) else f"it is a {type(body).__name__}"
        error = signs.error_of(body)
        only = json_inside(body) or ". A service that only searches has target.select.response: null"
        hint = f"the service says: {error}" if error else f"{keys}{only}"
        place = self._use or self._paths["response"].expression
        if not error and isinstance(value, list) and value and all(isinstance(each, str) for each in value):
            hint = f"there is a list of {len(value)}, which join('', {place}) makes one text"
        message = f"target.select.response: no text at {place!r} in the answer; {hint}"
        raise TargetError(message, reason=Reason.SERVICE_ERROR if error else Reason.NO_ANSWER)

    def _list(self, name: str, fields: Mapping[str, Any]) -> list[str | None] | None:
        """A list of texts, with None where there is none."""
        if name not in fields:
            return None
        value = fields[name]
        if isinstance(value, list) and all(isinstance(each, str | int | None) for each in value):
            return [None if each is None else readable(str(each)) for each in value]
        place = self._use or self._paths[name].expression
        kind = "nothing" if value is None else type(value).__name__
        if isinstance(value, list):
            kind = f"a list with {next(type(e).__name__ for e in value if not isinstance(e, str | int | None))}"
        raise TargetError(
            f"target.select.{name}: expected a list of texts at {place!r}, found {kind}{_listed(value, place)}",
            reason=Reason.BAD_CONTEXTS,
        )


def _listed(value: Any, place: str) -> str:
    """How what is no list of texts is made one."""
    if isinstance(value, str):
        return json_inside(value) or f", of which [{place}] makes a list"
    if isinstance(value, list) and value and all(isinstance(each, list) for each in value):
        return f": {place}[] takes the inner ones apart"
    return json_inside(value)


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


def readable(text: str) -> str:
    """The text with halves of surrogate pairs, which JSON can hold and no file can, replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
