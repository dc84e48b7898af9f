"""Where the case stands inside a prompt: after a marker, as JSON. The marker is the one that RAGAs uses."""

import json
from collections.abc import Mapping

from pydantic import JsonValue

from rag_eval.language.repetition import cut_walls

MARKER = "Now perform the same with the following input\ninput: "
"""What stands before the input; the examples above it say `Input:`."""

_DECODER = json.JSONDecoder()


def read_input(prompt: str) -> dict[str, JsonValue]:
    """The input of a prompt by field name, without walls of a repeated sign.

    The last marker counts: inside the input line breaks are escaped, so no text of a case can forge it.

    Raises:
        ValueError: the prompt holds no input, or one that is not a JSON object.
    """
    _, marker, rest = prompt.rpartition(MARKER)
    if not marker:
        raise ValueError("The prompt holds no input in the form RAGAs gives it.")
    try:
        value, _ = _DECODER.raw_decode(rest.lstrip())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"The input of the prompt is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ValueError("The input of the prompt is JSON, but no object.")  # noqa: TRY004 - one error for callers
    return lean(value)


def lean(given: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The input of a prompt without walls of a repeated sign."""
    return {name: _lean(value) for name, value in given.items()}


def _lean(value: JsonValue) -> JsonValue:
    match value:
        case str():
            return cut_walls(value)
        case list():
            return [cut_walls(each) if isinstance(each, str) else each for each in value]
        case _:
            return value
