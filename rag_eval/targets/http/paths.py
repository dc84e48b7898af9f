"""JMESPath expressions: compiled early, searched with errors of ours."""

from collections.abc import Callable
from typing import Any

import jmespath

from rag_eval.errors import ConfigError, TargetError
from rag_eval.records import Reason


def path_of(expression: str, where: str) -> Any:
    """A compiled JMESPath; raises `ConfigError` for what is none."""
    try:
        return jmespath.compile(expression)
    except jmespath.exceptions.JMESPathError as error:
        raise ConfigError(f"{where}: {expression!r} is not a JMESPath: {error}") from error


def search(path: Any, body: Any, where: str, read: Callable[[Any, Any], Any] | None = None) -> Any:
    """What stands at a path; raises `TargetError` where a function of it does not take what stands there."""
    try:
        return read(path, body) if read else path.search(body)
    except jmespath.exceptions.JMESPathError as error:
        raise TargetError(
            f"{where}: {path.expression!r} does not fit the answer: {error}", reason=Reason.NO_ANSWER
        ) from error
