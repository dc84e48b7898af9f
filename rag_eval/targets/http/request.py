"""A case as a request: URL, headers, query and body as templates, sent as JSON, form, multipart or text."""

import json
import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2

from rag_eval import config
from rag_eval.errors import ConfigError, TargetError
from rag_eval.records import Reason
from rag_eval.targets.http.config import HttpConfig
from rag_eval.targets.http.credentials import Credentials
from rag_eval.targets.http.masking import Environment, fits_header, header
from rag_eval.targets.templates import compile_body, compile_text, render


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
        self.secrets = {
            value
            for name, text in {**self._headers, **self._query}.items()
            if config.is_secret(name)
            for value in text.values
        }
        """Values of the environment that stand where secrets do."""
        self._body = compile_body(target.body, "target.body", self.elsewhere)
        self._files = compile_body(target.files, "target.files", self.elsewhere)
        if target.send == "text" and not isinstance(target.body, str):
            raise ConfigError("target.body: `send: text` sends a body that is one text")
        if target.send in ("form", "multipart") and not isinstance(target.body, dict):
            raise ConfigError(f"target.body: `send: {target.send}` sends an object of fields")
        if target.method == "GET" and target.body is not None and not isinstance(target.body, dict):
            raise ConfigError("target.body: with GET the body is the query, an object of fields")
        if target.files and target.send != "multipart":
            raise ConfigError("target.files: files are sent by `send: multipart`")

    def request(self, client: httpx2.AsyncClient, fields: Mapping[str, Any], presented: Credentials) -> httpx2.Request:
        """The request for one case; raises `TargetError` where a template asks for what the case does not have."""
        headers = {name: self._header(name, text.render(fields)) for name, text in self._headers.items()}
        query = {**render(self._query, fields), **presented.query}
        body = render(self._body, fields)
        # Merged: given as `params`, they would replace those that stand in the URL.
        url = _url(self._url.render(fields), self._config.url)
        if self._config.method == "GET":
            query = {**(body or {}), **query}
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
                return {"content": str(body).encode()}
            case "form":
                return {"data": {key: _written(value) for key, value in body.items()}}
            case "multipart":
                parts = [(key, (None, _written(value).encode())) for key, value in body.items()]
                parts += [(key, _file(path)) for key, path in render(self._files, fields).items()]  # type: ignore[misc]
                return {"files": parts}


def _url(text: str, template: str) -> httpx2.URL:
    try:
        return httpx2.URL(text)
    except httpx2.InvalidURL as error:
        raise TargetError(f"{template}: {type(error).__name__}: {error}", reason=Reason.CONNECTION) from error


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _file(path: str) -> tuple[str, bytes, str]:
    where = Path(path)
    try:
        return where.name, where.read_bytes(), mimetypes.guess_type(path)[0] or "application/octet-stream"
    except OSError as error:
        raise TargetError(
            f"target.files: {path}: cannot be read: {error.strerror}", reason=Reason.BAD_TEMPLATE
        ) from error
