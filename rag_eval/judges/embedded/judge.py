"""The embedded judge: reads the case out of RAGAs' prompt and fills the shape asked for."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from rag_eval import aio
from rag_eval.errors import JudgeError
from rag_eval.judges.shapes import shape_of
from rag_eval.judges.widened import widened
from rag_eval.language.prompts import read_input
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
