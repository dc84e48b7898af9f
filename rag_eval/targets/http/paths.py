"""JMESPath expressions: compiled early, searched with errors of ours."""

from collections.abc import Callable
from typing import Any

import jmespath

from rag_eval.errors import ConfigError, TargetError
from rag_eval.records import Reason

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
        return read(path, body) if read else path.search(body)
    except (jmespath.exceptions.JMESPathError, RecursionError) as error:
        message = f"{where}: {path.expression[:_SHOWN]!r} does not fit the answer: {_why(error)}"
        raise TargetError(message, reason=Reason.NO_ANSWER) from error


def _why(error: Exception) -> str:
    """What is wrong, in a line."""
    return "it is nested too deep" if isinstance(error, RecursionError) else str(error)[:_LONGEST]
