"""Parts of requests as templates: each text is Jinja over the fields of a case, in a sandbox.

What an environment variable holds is put in as it is: a secret with braces in it is no template. A text of a body that
is one expression and nothing else, such as `{{ history }}`, stands for what the expression is: a list stays a list.
Elsewhere lists and objects are written as JSON.
"""

import difflib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import jinja2
import jinja2.environment
import jinja2.sandbox
from jinja2 import meta, nodes

from rag_eval import config
from rag_eval.errors import ConfigError, TargetError
from rag_eval.records import Case, Reason

_VALUES = "_environment"
NAMES = (*Case.model_fields, "session", "history")
"""What templates may use: the fields of a case, and what is known of its conversation."""
_EXPRESSION = re.compile(r"\s*\{\{-?(.*?)-?\}\}\s*", re.DOTALL)
_GUARDS = frozenset({"default", "d"})
_TESTS = frozenset({"defined", "undefined"})
_NESTED = re.compile(r"\{[{%](?:(?![}%]\}|\{[{%]).)*\$\{", re.DOTALL)


class _AsIs(str):
    """What comes out of the environment: part of an address as it is."""

    __slots__ = ()


def _in_address(value: Any) -> Any:
    """What a case holds, as a part of an address: no sign in it may begin another part, or name another host."""
    return value if isinstance(value, _AsIs | jinja2.Undefined) else quote(str(value), safe="")


def _in_text(value: Any) -> Any:
    """What a case holds, as a part of a text: as JSON where Python would write it in its own way."""
    written = isinstance(value, list | dict | tuple | bool) or value is None
    return json.dumps(value, ensure_ascii=False) if written else value


_TEMPLATES = jinja2.sandbox.SandboxedEnvironment(undefined=jinja2.StrictUndefined, autoescape=False, finalize=_in_text)
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
    expression: jinja2.environment.TemplateExpression | None = None
    """Where the text is an expression and nothing else, and may stand for what that is."""

    def render(self, fields: Mapping[str, Any]) -> str:
        """The text for one case; raises `TargetError` where it asks for what the case does not have."""
        return str(self._made(self.template.render, fields))

    def value(self, fields: Mapping[str, Any]) -> Any:
        """What the text stands for; raises as `render`."""
        if self.expression is None:
            return self.render(fields)
        return self._made(lambda names: _plain(self.expression(names) if self.expression else None), fields)

    def _made(self, make: Callable[[Mapping[str, Any]], Any], fields: Mapping[str, Any]) -> Any:
        try:
            return make({**fields, _VALUES: self.values})
        except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, LookupError, RecursionError) as error:
            raise TargetError(f"{self.where}: {error}", reason=Reason.BAD_TEMPLATE) from error


def _plain(value: Any) -> Any:
    """What an expression is, as JSON can hold it."""
    match value:
        case jinja2.Undefined():
            return str(value)  # raises what is wrong with it
        case dict():
            return {str(key): _plain(inner) for key, inner in value.items()}
        case str():
            return str(value)
        case bool() | int() | float() | None:
            return value
        case _ if isinstance(value, Iterable):  # a list, a tuple, what a filter makes of one
            return [_plain(inner) for inner in value]
        case _:
            return str(value)


def compile_text(
    text: str, where: str, environ: Mapping[str, str], *, address: bool = False, more: Sequence[str] = ()
) -> TextTemplate:
    """A text as a template; raises `ConfigError` for one that is none, or a variable that is not set.

    In an `address` what a case holds is written with percent signs where it must be. A name that no case has, and that
    is none of `more`, is an error too, unless the template says what stands for it.
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
        names = (*NAMES, *more)
        if unknown := _unknown(templates.parse(source), templates, names):
            near = difflib.get_close_matches(unknown[0], names, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise ConfigError(f"{where}: no case has {unknown[0]!r}.{hint} A template may use {', '.join(names)}")
        expression = None if address else _expression(source)
        return TextTemplate(templates.from_string(source), tuple(values), where, source, expression)
    except (jinja2.TemplateError, RecursionError) as error:
        why = "it is nested too deep" if isinstance(error, RecursionError) else error
        raise ConfigError(f"{where}: is not a template: {why}") from error


def _expression(source: str) -> jinja2.environment.TemplateExpression | None:
    """The one expression that a text is; None for a text that is more than that."""
    match = _EXPRESSION.fullmatch(source)
    if match is None:
        return None
    try:
        return _TEMPLATES.compile_expression(match[1], undefined_to_none=False)
    except jinja2.TemplateSyntaxError:  # two of them, with words between
        return None


def _unknown(tree: nodes.Template, templates: jinja2.Environment, names: Sequence[str]) -> list[str]:
    """The names that a template reads and nobody gives it, but for those that it is ready to miss."""
    spared = {
        node.node.name
        for node in (*tree.find_all(nodes.Filter), *tree.find_all(nodes.Test))
        if node.name in _GUARDS | _TESTS and isinstance(node.node, nodes.Name)
    }
    known = {*names, _VALUES, *templates.globals, *spared}
    return sorted(meta.find_undeclared_variables(tree) - known)


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
            return body.value(values)
        case _:
            return body
