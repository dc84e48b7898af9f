"""Why a store did not take a run: the cause in the words of whoever raised it, and the setting that bears on it.

MLflow wraps what a library raised into a sentence of some hundred letters that ends with the cause.
"""

import os
import re
import socket
import ssl
from collections.abc import Iterator
from typing import Any

import requests
import sqlalchemy.exc
import urllib3.exceptions

from rag_eval.tracking import store

_STATUS = re.compile(r"failed with error code (\d{3}) != 200\. Response body: '(.*)'\s*$", re.DOTALL)
_SQL = re.compile(r"\s*(?:\[SQL: .*|\(Background on this error at: \S+\)\s*$)", re.DOTALL)
ADDRESS = "mlflow.tracking_uri or MLFLOW_TRACKING_URI names the server"
"""What a wrong address is mended by."""
_DRIVERS = {"psycopg": "psycopg[binary]", "psycopg2": "psycopg2-binary", "MySQLdb": "mysqlclient"}
"""Module of a database's driver to the package that has it, where that is called otherwise."""
_LONGEST = 300


def explained(error: Exception, uri: str) -> str:
    """The cause of an error and the setting that bears on it, on one line and without credentials."""
    causes = list(_chain(error))
    text = next(filter(None, map(_message, reversed(causes))), type(error).__name__)
    text = " ".join(store.secretless(text, uri).split())
    if len(text) > _LONGEST:  # what is wrong stands at the end as often as at the beginning
        text = f"{text[: _LONGEST // 2]} … {text[-_LONGEST // 2 :]}"
    remedy = _remedy(causes, text, uri)
    return f"{text}{'' if text.endswith(('.', '?', '!')) else '.'} {remedy}" if remedy else text


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and what it was raised from, as far as that comes from the network or a database."""
    seen: set[int] = set()
    each: Any = error
    while isinstance(each, BaseException) and id(each) not in seen:
        seen.add(id(each))
        yield each
        inner = [
            each.__cause__,
            each.__context__,
            getattr(each, "reason", None),
            getattr(each, "orig", None),
            *each.args,
        ]
        each = next((cause for cause in inner if isinstance(cause, _OUTSIDE) and id(cause) not in seen), None)


_OUTSIDE = (
    OSError,
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    sqlalchemy.exc.SQLAlchemyError,
    ImportError,
)


def _message(error: BaseException) -> str:
    """What an error says, without what libraries put around it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate of the server is not accepted: {error.verify_message}"
    if isinstance(error, OSError) and error.strerror and not isinstance(error, requests.RequestException):
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    text = str(error)
    if answered := _STATUS.search(text):
        status, body = answered.groups()
        return f"the server answers {status}: {body or 'nothing'}"
    return _SQL.sub("", text)


def _remedy(causes: list[BaseException], text: str, uri: str) -> str:
    """What to set, as far as an error tells; nothing where it does not."""
    if missing := next((each.name for each in causes if isinstance(each, ImportError) and each.name), ""):
        return f"A database of this kind needs its driver. Do: pip install '{_DRIVERS.get(missing, missing)}'"
    if not store.is_server(uri):
        return ""
    status = next((match[1] for each in causes if (match := _STATUS.search(str(each)))), "")
    return _of_status(status, text) if status else _of_network(causes)


def _of_status(status: str, text: str) -> str:
    if status == "401":
        return f"It wants MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN; {_login()}"
    if status == "403" and "host header" in text.lower():
        return "The server is started with --allowed-hosts, which must name this one"
    if status == "403":
        return f"What it lets somebody do goes by MLFLOW_TRACKING_USERNAME or MLFLOW_TRACKING_TOKEN; {_login()}"
    return ADDRESS if status == "404" else ""


def _of_network(causes: list[BaseException]) -> str:
    if any(isinstance(each, ssl.SSLCertVerificationError) for each in causes):
        name = "MLFLOW_TRACKING_SERVER_CERT_PATH"
        return f"{name} names the certificate of its authority, and is {os.environ.get(name) or 'not set'}"
    if any(isinstance(each, ConnectionError | socket.gaierror) for each in causes):
        return ADDRESS
    if any(isinstance(each, requests.Timeout | TimeoutError | urllib3.exceptions.TimeoutError) for each in causes):
        return f"MLFLOW_HTTP_REQUEST_TIMEOUT is {os.environ.get('MLFLOW_HTTP_REQUEST_TIMEOUT')} s"
    return ""


def _login() -> str:
    """Which credentials are set."""
    names = ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN")
    given = [name for name in names if os.environ.get(name)]
    return f"set: {', '.join(given)}" if given else "none of them is set"
