"""RAGAs' shapes with more than RAGAs knows: how far each statement is supported, and by which sentence."""

from functools import lru_cache
from typing import Any, Final, TypeVar, cast, get_args

from pydantic import BaseModel, create_model

T = TypeVar("T", bound=BaseModel)

_VERDICTS: Final = ("verdict", "attributed")
"""Fields of an item that say whether it is supported."""


def with_support(shape: type[T]) -> type[T]:
    """A shape whose verdicts also have `support` in [0, 1] and `evidence`; other shapes as they are.

    A subclass of the same name, so that whoever asked for the shape has what was asked for.
    """
    return cast("type[T]", _with_support(shape))


def read(shape: type[T], body: str) -> T:
    """A reply out of JSON, with the support of its verdicts where it holds any; raises pydantic's `ValidationError`."""
    # Inside a text of the reply the quotation marks are escaped, so this stands there as a field or not at all.
    return (with_support(shape) if '"support":' in body else shape).model_validate_json(body)


@lru_cache(64)
def _with_support(shape: type[BaseModel]) -> type[BaseModel]:
    fields: dict[str, Any] = {
        name: (list[_widened(item)], ...)  # type: ignore[misc]
        for name, field in shape.model_fields.items()
        for item in get_args(field.annotation)
        if isinstance(item, type) and issubclass(item, BaseModel) and not item.model_fields.keys().isdisjoint(_VERDICTS)
    }
    return _subclass(shape, fields) if fields else shape


def _widened(item: type[BaseModel]) -> Any:
    return _subclass(item, {"support": (float, ...), "evidence": (str, ...)})


def _subclass(model: type[BaseModel], fields: dict[str, Any]) -> type[BaseModel]:
    return create_model(model.__name__, __base__=model, __module__=model.__module__, **fields)
