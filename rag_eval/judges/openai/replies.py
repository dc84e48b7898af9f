"""The JSON in what a model wrote, whatever words stand around it."""

import copy
import json
from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from rag_eval.judges.openai.completion import Completion
from rag_eval.judges.openai.errors import on_one_line
from rag_eval.language.thinking import without
from rag_eval.masking import SHORTEST_SECRET, mask
from rag_eval.records import Reason
from rag_eval.resilience import RetryLater

T = TypeVar("T", bound=BaseModel)

_MOST_BRACES = 200
"""Braces at which an object may begin that are tried; a text with more of them is no reply."""
_DECODER = json.JSONDecoder()
_BITS = {"yes": 1, "no": 0, "supported": 1, "unsupported": 0, "not supported": 0}
"""Words that models write where 1 or 0 is asked for."""


def parsed(completion: Completion, response_model: type[T], key: str = "") -> T:
    """The reply in a completion; raises `RetryLater` where there is none of the shape that was asked for.

    Of several objects that have the shape the last one counts: models write down the shape before they fill it. A key
    that is repeated there is masked.
    """
    text = mask(completion.text, {key}, SHORTEST_SECRET)
    if completion.arguments is None:
        values = [*objects(_unquoted(without(text)))]
    else:
        values = [json.loads(mask(json.dumps(completion.arguments), {key}, SHORTEST_SECRET))]
    error: ValidationError | None = None
    for value in reversed(values):
        try:
            return _validated(value, response_model)
        except ValidationError as misfit:
            error = error or misfit
    message = on_one_line(error) if error else f"it holds no JSON object: {on_one_line(ValueError(text))!r}"
    raise RetryLater(f"the judge's reply is no {response_model.__name__}: {message}", reason=Reason.UNPARSABLE)


def _unquoted(text: str) -> str:
    """The text that a JSON text holds, for models that write their JSON as one."""
    if not text.lstrip().startswith('"'):
        return text
    try:
        inner = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return inner if isinstance(inner, str) else text


def _validated(value: Any, response_model: type[T]) -> T:
    """An object as the shape; `yes`, `no` and their like count where 1 or 0 is meant. Raises `ValidationError`."""
    try:
        return response_model.model_validate(value)
    except ValidationError as misfit:
        worded = [each for each in misfit.errors() if str(each["input"]).strip().lower() in _BITS]
        if len(worded) < misfit.error_count():
            raise
        value = copy.deepcopy(value)
        for each in worded:
            *path, last = each["loc"]
            place = value
            for step in path:
                place = place[step]
            place[last] = _BITS[str(each["input"]).strip().lower()]
        return response_model.model_validate(value)


def objects(text: str) -> Iterator[Any]:
    """The JSON objects in a text that stand in no other, in order."""
    place = text.find("{")
    for _ in range(_MOST_BRACES):
        if place < 0:
            return
        try:
            value, end = _DECODER.raw_decode(text, place)
            yield value
        except (ValueError, RecursionError):
            end = place + 1
        place = text.find("{", end)
