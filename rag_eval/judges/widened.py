"""RAGAs' shapes with more than RAGAs knows: support and evidence of a statement, a grade, the sentence that refuses."""

from functools import lru_cache
from typing import Any, TypeVar, cast, get_args

from pydantic import BaseModel, ConfigDict, create_model

T = TypeVar("T", bound=BaseModel)


class _Open(BaseModel):
    """Keeps what a shape has no field for."""

    model_config = ConfigDict(extra="allow")


def widened(shape: type[T]) -> type[T]:
    """A shape that keeps what a judge knows beyond its fields, as do the items of its lists.

    A subclass of the same name, so that whoever asked for the shape has what was asked for.
    """
    return cast("type[T]", _widened(shape))


@lru_cache(64)
def _widened(shape: type[BaseModel]) -> type[BaseModel]:
    lists: dict[str, Any] = {
        name: (list[_widened(item)], ...)  # type: ignore[misc]
        for name, field in shape.model_fields.items()
        for item in get_args(field.annotation)
        if isinstance(item, type) and issubclass(item, BaseModel)
    }
    return create_model(shape.__name__, __base__=(_Open, shape), __module__=shape.__module__, **lists)
