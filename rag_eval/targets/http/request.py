"""A case as a request: URL, headers, query and body as templates, sent as JSON, form, multipart or text."""

import json
import mimetypes
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx2

from rag_eval import config
from rag_eval.errors import ConfigError, TargetError
from rag_eval.records import Case, Reason
from rag_eval.targets.http.config import HttpConfig
from rag_eval.targets.http.credentials import Credentials
from rag_eval.targets.http.masking import Environment, fits_header, header
from rag_eval.targets.templates import TextTemplate, compile_body, compile_text, render


class RequestBuilder:
    """Makes the requests of one target."""

    def __init__(self, target: HttpConfig) -> None:
        """Compile every template; raises `ConfigError` for one that is none."""
        self._config = target
        self.elsewhere, self.in_headers = Environment(), Environment()
        self._url = compile_text(target.url, "target.url", self.elsewhere, address=True)
        self._headers = {
            name: compile_text(value, f"target.headers.{name}", self.in_headers)
            for name, value in target.headers.items()
        }
        for name, text in self._headers.items():
            for value in text.values:
                header(value, name)
        self._query = compile_body(target.query, "target.query", self.in_headers)
        secret_places = [text for name, text in {**self._headers, **self._query}.items() if config.is_secret(name)]
        self._body = compile_body(target.body, "target.body", self.elsewhere)
        self._files = {name: FileTemplate.of(name, path, self.elsewhere) for name, path in target.files.items()}
        taken = self.elsewhere.taken | self.in_headers.taken
        secret_places += [
            compile_text(text, "target.body", self.elsewhere)
            for name, text in config.texts(target.body)
            if config.is_secret(name)
        ]
        named = {value for text in secret_places for value in text.values}
        self.secrets = named | {value for value in taken if config.looks_secret(value)} | _of_address(self._url)
        """Values of the environment that stand where secrets do, and those that look like one wherever they stand."""
        if target.send == "text" and not isinstance(target.body, str):
            raise ConfigError("target.body: `send: text` sends a body that is one text")
        if target.send in ("form", "multipart") and not isinstance(target.body, dict):
            raise ConfigError(f"target.body: `send: {target.send}` sends an object of fields")
        if target.method == "GET" and target.body is not None and not isinstance(target.body, dict):
            raise ConfigError("target.body: with GET the body is the query, an object of fields")
        if target.files and target.send != "multipart":
            raise ConfigError("target.files: files are sent by `send: multipart`")

    def check_case(self, case: Case) -> None:
        """Raise `ConfigError` for a case that names a file which must not be sent."""
        fields = {**case.model_dump(), "session": None, "history": []}
        for file in self._files.values():
            try:
                file.check(fields)
            except ConfigError as error:
                raise ConfigError(f"case {case.id!r}: {error}") from error

    def request(self, client: httpx2.AsyncClient, fields: Mapping[str, Any], presented: Credentials) -> httpx2.Request:
        """The request for one case; raises `TargetError` where a template asks for what the case does not have."""
        headers = {name: self._header(name, text.render(fields)) for name, text in self._headers.items()}
        query = {**{name: text.render(fields) for name, text in self._query.items()}, **presented.query}
        body = render(self._body, fields)
        # Merged: given as `params`, they would replace those that stand in the URL.
        url = _url(self._url.render(fields), self._config.url)
        if self._config.method == "GET":
            query = {**{name: _parameter(value) for name, value in (body or {}).items()}, **query}
            sent: dict[str, Any] = {}
        else:
            sent = self._sent(body, fields)
        url = url.copy_merge_params(query) if query else url
        return client.build_request(self._config.method, url, headers={**headers, **presented.headers}, **sent)

    def _header(self, name: str, value: str) -> str:
        if value and not fits_header(value):
            message = f"target.headers.{name}: holds what no header can, such as a line break or a letter beyond ASCII"
            raise TargetError(message, reason=Reason.BAD_TEMPLATE)
        return value

    def _sent(self, body: Any, fields: Mapping[str, Any]) -> dict[str, Any]:
        match self._config.send:
            case "json":
                return {"json": body}
            case "text":
                return {"content": _written(body).encode()}
            case "form":
                return {"data": {key: _written(value) for key, value in body.items()}}
            case "multipart":
                parts = [(key, (None, _written(value).encode())) for key, value in body.items()]
                parts += [(key, file.read(fields)) for key, file in self._files.items()]  # type: ignore[misc]
                return {"files": parts}


def _of_address(url: TextTemplate) -> set[str]:
    """Values of the environment in an address that stand in what comes before its host, or in its query."""
    before, at, _ = url.source.partition("@")
    _, asks, query = url.source.partition("?")
    spots = (before if at else "") + (query if asks else "")
    return {value for place, value in enumerate(url.values) if f"[{place}]" in spots}


def _url(text: str, template: str) -> httpx2.URL:
    try:
        return httpx2.URL(text)
    except httpx2.InvalidURL as error:
        raise TargetError(f"{template}: {type(error).__name__}: {error}", reason=Reason.CONNECTION) from error


def _parameter(value: Any) -> Any:
    """A value as a parameter of a URL: a list of plain values comes several times, an object goes as JSON."""
    is_deep = isinstance(value, dict) or (isinstance(value, list) and any(isinstance(v, dict | list) for v in value))
    return _written(value) if is_deep else value


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True)
class FileTemplate:
    """The path of a file that is sent, as a template over a case.

    What a case says leads nowhere but into the folder that the experiment names: what stands before the first template
    in the path, or the current folder.
    """

    where: str
    path: TextTemplate
    root: Path | None
    """None where the path says nothing of the case."""

    @classmethod
    def of(cls, name: str, path: str, environ: Mapping[str, str]) -> Self:
        """Compile a path; raises `ConfigError` for one that is no template."""
        where = f"target.files.{name}"
        template = compile_text(path, where, environ)
        ours, begins, _ = re.split(r"(\{[{%#]|$)", path, maxsplit=1)
        if not begins:
            return cls(where, template, None)
        folder, slash, _ = config.expand(ours, environ, where=where).rpartition("/")
        return cls(where, template, Path(folder or slash or "."))

    def read(self, fields: Mapping[str, Any]) -> tuple[str, bytes, str]:
        """The name, the bytes and the type of a case's file; raises `TargetError`."""
        path = self.path.render(fields)
        try:
            if way_out := self.way_out(path):
                raise TargetError(way_out, reason=Reason.BAD_TEMPLATE)
            where = Path(path).resolve(strict=True)
            return Path(path).name, where.read_bytes(), mimetypes.guess_type(path)[0] or "application/octet-stream"
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            raise TargetError(f"{self.where}: {path}: cannot be read: {why}", reason=Reason.BAD_TEMPLATE) from error

    def way_out(self, path: str) -> str:
        """What is wrong with a case's path that leads out of the folder, also to a file that is not there."""
        if self.root is None or Path(path).resolve().is_relative_to(self.root.resolve()):
            return ""
        message = f"{self.where}: {path} leads out of {self.root}, where the case's file must lie"
        return f"{message}. Name the folder before the template."

    def check(self, fields: Mapping[str, Any]) -> None:
        """Raise `ConfigError` for a case whose path leads out; what else is wrong with it, its question is to tell."""
        with suppress(TargetError, OSError, ValueError):
            if way_out := self.way_out(self.path.render(fields)):
                raise ConfigError(way_out)
