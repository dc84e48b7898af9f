"""A page out of a template, with the style and the script that stand inside it."""

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup

from rag_eval.reports import formatting


def render(template: str, **values: Any) -> str:
    """A page; what is not marked as markup is escaped. Only the style and the script that stand in it may run."""
    style, script = _asset("viewer.css"), _asset("viewer.js")
    own = {"style": style, "style_hash": _digest(style), "script": script, "script_hash": _digest(script)}
    marked = {name: Markup(text) for name, text in own.items()}  # noqa: S704  our own files
    return _environment().get_template(template).render(formatting=formatting, **marked, **values)


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("rag_eval.reports.pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )


@cache
def _asset(name: str) -> str:
    return files("rag_eval.reports.pages").joinpath("templates", name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    """How a Content-Security-Policy names a text that may run."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
