"""Parts of requests as templates: each text is Jinja over the fields of a case, in a sandbox.

What an environment variable holds is put in as it is: a secret with braces in it is no template.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import jinja2
import jinja2.sandbox

from rag_eval import config
from rag_eval.errors import ConfigError, TargetError
from rag_eval.records import Reason

_VALUES = "_environment"
_NESTED = re.compile(r"\{[{%](?:(?![}%]\}|\{[{%]).)*\$\{", re.DOTALL)


class _AsIs(str):
    """What comes out of the environment: part of an address as it is."""

    __slots__ = ()


def _in_address(value: Any) -> Any:
    """What a case holds, as a part of an address: no sign in it may begin another part, or name another host."""
    return value if isinstance(value, _AsIs | jinja2.Undefined) else quote(str(value), safe="")


_TEMPLATES = jinja2.sandbox.SandboxedEnvironment(undefined=jinja2.StrictUndefined, autoescape=False)
_ADDRESSES = jinja2.sandbox.SandboxedEnvironment(
    undefined=jinja2.StrictUndefined, autoescape=False, finalize=_in_address
)


@dataclass(frozen=True)
class TextTemplate:
    """One text, compiled; `values` are those of the environment variables in it."""

    template: jinja2.Template
    values: tuple[str, ...]
    where: str
    source: str = ""
    """What was compiled, where each value has its number."""

    def render(self, fields: Mapping[str, Any]) -> str:
        """The text for one case; raises `TargetError` where it asks for what the case does not have."""
        try:
            return self.template.render({**fields, _VALUES: self.values})
        except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, LookupError, RecursionError) as error:
            raise TargetError(f"{self.where}: {error}", reason=Reason.BAD_TEMPLATE) from error


def compile_text(text: str, where: str, environ: Mapping[str, str], *, address: bool = False) -> TextTemplate:
    """A text as a template; raises `ConfigError` for one that is none, or a variable that is not set.

    In an `address` what a case holds is written with percent signs where it must be.
    """
    if _NESTED.search(text):
        raise ConfigError(f"{where}: ${{…}} stands inside a Jinja expression; put it beside it")
    values: list[str] = []

    def placed(variable: str) -> str:
        values.append(_AsIs(config.expand(variable, environ, where=where)))
        return f"{{{{ {_VALUES}[{len(values) - 1}] }}}}"

    try:
        templates = _ADDRESSES if address else _TEMPLATES
        source = config.each_variable(text, placed)
        return TextTemplate(templates.from_string(source), tuple(values), where, source)
    except (jinja2.TemplateError, RecursionError) as error:
        why = "it is nested too deep" if isinstance(error, RecursionError) else error
        raise ConfigError(f"{where}: is not a template: {why}") from error


def compile_body(body: Any, where: str, environ: Mapping[str, str]) -> Any:
    """A body with each text in it as a template; raises `ConfigError` for one that is none."""
    match body:
        case dict():
            return {key: compile_body(value, f"{where}.{key}", environ) for key, value in body.items()}
        case list():
            return [compile_body(value, where, environ) for value in body]
        case str():
            return compile_text(body, where, environ)
        case _:
            return body


def render(body: Any, values: Mapping[str, Any]) -> Any:
    """A compiled body for one case; raises `TargetError` where a template asks for what the case does not have."""
    match body:
        case dict():
            return {key: render(value, values) for key, value in body.items()}
        case list():
            return [render(value, values) for value in body]
        case TextTemplate():
            return body.render(values)
        case _:
            return body
