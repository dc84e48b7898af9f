"""The embedded judge: reads the case out of RAGAs' prompt and fills the shape asked for."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from pydantic import BaseModel, JsonValue, ValidationError

from rag_eval import aio
from rag_eval.errors import JudgeError
from rag_eval.judges.shapes import SHAPES, shape_of
from rag_eval.judges.widened import widened
from rag_eval.language.prompts import lean, read_input
from rag_eval.language.refusals import refusal
from rag_eval.language.repetition import cut_walls
from rag_eval.records import Reason

T = TypeVar("T", bound=BaseModel)

_SHORT = 20_000
"""Characters of a prompt that is answered within milliseconds, sooner than two threads agree on whose turn it is."""


class EmbeddedJudge:
    """Judge that follows a fixed rule: no key, no network, the same reply every time."""

    async def reply(self, prompt: str, response_model: type[T], sample: str = "") -> T:  # noqa: ARG002 - they do not differ
        """Answer a prompt in the shape asked for.

        Raises:
            JudgeError: `unsupported_prompt`, for a shape it does not know or a prompt without input.
        """
        if len(prompt) <= _SHORT:
            return _reply(prompt, response_model)
        # In a thread: reading a long context would hold up the answers that come in meanwhile.
        return await aio.in_thread(lambda: _reply(prompt, response_model))

    def answer(self, shape: str, given: Mapping[str, JsonValue]) -> Mapping[str, JsonValue] | None:
        """The same reply as plain data, without a prompt; None for what should be read in a thread."""
        heuristic = SHAPES[shape].heuristic
        if heuristic is None or _length(given.values()) > _SHORT:
            return None
        return heuristic(lean(given))

    def refusal(self, response: str) -> str | None:
        """The sentence by which an answer refuses, empty where it does not; None as in `answer`."""
        return refusal(cut_walls(response)) if len(response) <= _SHORT else None


def _length(values: Iterable[JsonValue]) -> int:
    return sum(_length(value) if isinstance(value, list) else len(str(value)) for value in values)


def _reply(prompt: str, response_model: type[T]) -> T:
    shape = shape_of(response_model)
    if shape.heuristic is None:
        raise JudgeError(
            f"The embedded judge does not know {shape.model}: this metric needs a language model.",
            reason=Reason.UNSUPPORTED_PROMPT,
        )
    try:
        return widened(response_model).model_validate(shape.heuristic(read_input(prompt)))
    except ValidationError as error:
        message = f"{shape.model} is not RAGAs' model of that name: {error.error_count()} fields differ."
        raise JudgeError(message, reason=Reason.UNSUPPORTED_PROMPT) from error
    except ValueError as error:
        raise JudgeError(str(error), reason=Reason.UNSUPPORTED_PROMPT) from error
