"""The embedded judge: reads the case out of RAGAs' prompt and fills the shape asked for."""

import asyncio
from functools import lru_cache
from typing import Any, Final, TypeVar, cast, get_args

from pydantic import BaseModel, ValidationError, create_model

from rag_eval.errors import JudgeError
from rag_eval.judges.embedded.replies import REPLIES
from rag_eval.language.prompts import read_input

T = TypeVar("T", bound=BaseModel)

_VERDICTS: Final = ("verdict", "attributed")
"""Fields of an item that say whether it is supported."""


class EmbeddedJudge:
    """Judge that follows a fixed rule: no key, no network, the same reply every time."""

    async def reply(self, prompt: str, shape: type[T], draw: str = "") -> T:  # noqa: ARG002 - draws do not differ
        """Answer a prompt in the shape asked for.

        Raises:
            JudgeError: `unsupported_prompt`, for a shape it does not know or a prompt without input.
        """
        # In a thread: reading a long context would hold up the answers that come in meanwhile.
        return await asyncio.to_thread(_reply, prompt, shape)


def _reply(prompt: str, shape: type[T]) -> T:
    fill = REPLIES.get(shape.__name__)
    if fill is None:
        raise JudgeError(
            f"The embedded judge does not know {shape.__name__}: this metric needs a language model.",
            reason="unsupported_prompt",
        )
    try:
        return cast("T", _with_support(shape).model_validate(fill(read_input(prompt))))
    except ValidationError as error:
        message = f"{shape.__name__} is not RAGAs' model of that name: {error.error_count()} fields differ."
        raise JudgeError(message, reason="unsupported_prompt") from error
    except ValueError as error:
        raise JudgeError(str(error), reason="unsupported_prompt") from error


@lru_cache(64)
def _with_support(shape: type[BaseModel]) -> type[BaseModel]:
    """A shape whose verdicts also have `support` and `evidence`; other shapes as they are.

    A subclass of the same name, so that whoever asked for the shape has what was asked for.
    """
    widened = {
        name: (list[_widened(item)], ...)  # type: ignore[misc]
        for name, field in shape.model_fields.items()
        for item in get_args(field.annotation)
        if isinstance(item, type) and issubclass(item, BaseModel) and not item.model_fields.keys().isdisjoint(_VERDICTS)
    }
    if not widened:
        return shape
    fields: dict[str, Any] = widened
    return create_model(shape.__name__, __base__=shape, __module__=shape.__module__, **fields)


def _widened(item: type[BaseModel]) -> Any:
    return create_model(
        item.__name__, __base__=item, __module__=item.__module__, support=(float, ...), evidence=(str, ...)
    )
