"""Environment variables in settings: resolved where a text is used, and which settings hold secrets.

`${NAME}` in a text stands for an environment variable. It is resolved where the text is used and never before, so
that what is copied into a run's folder or into MLflow holds the name and not the value.
"""

import os
import re
from collections.abc import Callable, Mapping

from pydantic import BaseModel

from rag_eval.errors import ConfigError

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-((?:[^}$]|\$(?!\{))*))?\}")


def expand(text: str, environ: Mapping[str, str] | None = None, *, where: str = "the experiment file") -> str:
    """Replace `${NAME}` by environment variables; raises `ConfigError` for an unset one.

    As in a shell, `${NAME:-default}` takes the default where the variable is unset or empty.
    """
    values = os.environ if environ is None else environ

    def value(match: re.Match[str]) -> str:
        name, default = match.groups()
        current = values.get(name)
        if default is not None:
            return current or str(default)
        if current is None:
            raise ConfigError(f"{where}: environment variable {name} is not set. Do: export {name}=…")
        return current

    return _VARIABLE.sub(value, text)


def each_variable(text: str, replace: Callable[[str], str]) -> str:
    """A text with each `${NAME}` in it, as it is written, replaced by what a function makes of it."""
    return _VARIABLE.sub(lambda match: replace(match[0]), text)


def has_variable(text: str) -> bool:
    """Whether a text names an environment variable as `${NAME}`."""
    return _VARIABLE.search(text) is not None


def secret(name: str, environ: Mapping[str, str] | None = None, *, where: str) -> str:
    """The value of an environment variable that holds a secret; raises `ConfigError` if there is none."""
    value = (os.environ if environ is None else environ).get(name)
    if not value:
        raise ConfigError(f"{where}: environment variable {name} is not set. Do: export {name}=…")
    return value


def demand_http(url: str, where: str) -> None:
    """Raise `ConfigError` for an address that HTTP does not go to; one that begins with a template is not known yet."""
    address = expand(url, where=where)
    scheme, mark, _ = address.partition("://")
    if scheme.lower() in ("http", "https") or "{" in scheme:
        return
    message = f"is asked over HTTP, not {scheme}" if mark else "begins with neither http:// nor https://"
    raise ConfigError(f"{where}: {url} {message}. It reads http://host:port/path or https://host/path")


def variables_of(model: BaseModel) -> tuple[str, ...]:
    """The environment variables that hold secrets: those that settings ending in `_env` name, at any depth."""
    names: dict[str, None] = {}
    for name, value in model:
        if isinstance(value, BaseModel):
            names |= dict.fromkeys(variables_of(value))
        elif name.endswith("_env") and isinstance(value, str):
            names[value] = None
    return tuple(names)
