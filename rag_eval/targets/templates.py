"""Request bodies as templates: each text is Jinja over the fields of a case, in a sandbox."""

from collections.abc import Mapping
from typing import Any

import jinja2
import jinja2.sandbox

from rag_eval import config
from rag_eval.errors import ConfigError, TargetError

_TEMPLATES = jinja2.sandbox.SandboxedEnvironment(undefined=jinja2.StrictUndefined, autoescape=False)


def compile_body(body: Any, where: str, environ: Mapping[str, str]) -> Any:
    """A body with each text in it as a template, variables filled in; raises `ConfigError` for one that is none."""
    match body:
        case dict():
            return {key: compile_body(value, f"{where}.{key}", environ) for key, value in body.items()}
        case list():
            return [compile_body(value, where, environ) for value in body]
        case str():
            try:
                return _TEMPLATES.from_string(config.expand(body, environ, where=where))
            except jinja2.TemplateError as error:
                raise ConfigError(f"{where}: is not a template: {error}") from error
        case _:
            return body


def render(body: Any, values: Mapping[str, Any]) -> Any:
    """A compiled body for one case; raises `TargetError` where a template asks for what the case does not have."""
    match body:
        case dict():
            return {key: render(value, values) for key, value in body.items()}
        case list():
            return [render(value, values) for value in body]
        case jinja2.Template():
            try:
                return body.render(values)
            except jinja2.TemplateError as error:
                raise TargetError(f"target.body: {error}", reason="bad_template") from error
        case _:
            return body
