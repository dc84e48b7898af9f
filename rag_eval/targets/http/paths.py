"""JMESPath expressions: compiled early, searched with errors of ours."""

import json
from collections.abc import Callable
from typing import Any

import jmespath
from jmespath import functions

from rag_eval.errors import ConfigError, TargetError
from rag_eval.records import Reason


class _Functions(functions.Functions):
    """JMESPath's functions, and one for services that put JSON into a text."""

    @functions.signature({"types": ["string", "null"]})
    def _func_from_json(self, text: str | None) -> Any:
        """What a text holds as JSON; null of null."""
        try:
            return None if text is None else json.loads(text)
        except (ValueError, RecursionError) as error:
            raise jmespath.exceptions.JMESPathError(f"from_json(): the text is no JSON: {error}") from error


OPTIONS = jmespath.Options(custom_functions=_Functions())
"""What every search is made with."""
_SHOWN = 200
"""Letters of an expression that are shown."""
_LONGEST = 600
"""Letters of what JMESPath says; it repeats the expression and marks a place under it."""


def path_of(expression: str, where: str) -> Any:
    """A compiled JMESPath; raises `ConfigError` for what is none."""
    try:
        return jmespath.compile(expression)
    except (jmespath.exceptions.JMESPathError, RecursionError) as error:
        raise ConfigError(f"{where}: {expression[:_SHOWN]!r} is not a JMESPath: {_why(error)}") from error


def search(path: Any, body: Any, where: str, read: Callable[[Any, Any], Any] | None = None) -> Any:
    """What stands at a path; raises `TargetError` where a function of it does not take what stands there."""
    try:
        return read(path, body) if read else path.search(body, OPTIONS)
    except (jmespath.exceptions.JMESPathError, RecursionError) as error:
        message = f"{where}: {path.expression[:_SHOWN]!r} does not fit the answer: {_why(error)}"
        raise TargetError(message, reason=Reason.NO_ANSWER) from error


def json_inside(value: Any) -> str:
    """Where in an answer an object or a list stands as a text, in words for a person; nothing where there is none."""
    texts = {"@": value, **(value if isinstance(value, dict) else {})}
    place = next((key for key, text in texts.items() if isinstance(text, str) and _is_json(text)), None)
    return f". It holds JSON as a text, which from_json({place}) reads" if place else ""


def _is_json(text: str) -> bool:
    try:
        return text.lstrip()[:1] in ("{", "[") and isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return False


def _why(error: Exception) -> str:
    """What is wrong, in a line."""
    return "it is nested too deep" if isinstance(error, RecursionError) else str(error)[:_LONGEST]
