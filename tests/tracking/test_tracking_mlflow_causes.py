"""What a store that does not take a run is said to lack: the cause in its own words, and the setting that mends it."""

import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
import sqlalchemy.exc

from rag_eval.errors import UnreachableError
from rag_eval.tracking.mlflow import causes, connection

LOGIN = "It wants MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN; "
ANSWERS = {
    "no login": ((401, "Who are you?"), {}, "the server answers 401: Who are you? " + LOGIN + "none of them is set"),
    "a wrong one": ((401, "No."), {"MLFLOW_TRACKING_TOKEN": "x"}, LOGIN + "set: MLFLOW_TRACKING_TOKEN"),
    "JSON": ((401, '{"detail": "who"}'), {}, """the server answers 401: {"detail": "who"}. """ + LOGIN),
    "a host": ((403, "Invalid Host header - possible attack"), {}, "--allowed-hosts, which must name this one"),
    "forbidden": ((403, "Permission denied"), {"MLFLOW_TRACKING_USERNAME": "ada"}, "set: MLFLOW_TRACKING_USERNAME"),
    "away": ((503, "later"), {}, "too many 503 error responses"),
    "another service": ((404, "<p>no</p>"), {}, "404: <p>no</p>. " + causes.ADDRESS),
    "a page": ((200, "<p>hello</p>"), {}, "does not answer as MLflow does: its /version is '<p>hello</p>'. "),
    "too old": ((200, "3.3.2"), {}, "is 3.3.2, and scores of traces need 3.4 or later. A newer one, or a file: "),
}

Serve = Callable[[int, str], str]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    for name in ("USERNAME", "PASSWORD", "TOKEN", "SERVER_CERT_PATH", "INSECURE_TLS"):
        monkeypatch.delenv(f"MLFLOW_TRACKING_{name}", raising=False)


@pytest.fixture(name="server")
def _server() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def _answering(status: int, text: str) -> type[BaseHTTPRequestHandler]:
    class Answering(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

    return Answering


def _refusal(uri: str) -> str:
    with pytest.raises(UnreachableError) as raised, connection.connected(uri) as client:
        client.get_experiment_by_name("ferries")
    return str(raised.value)


@pytest.mark.parametrize("name", ANSWERS)
def test_what_a_server_answers_is_quoted_with_the_setting_that_mends_it(
    server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Before anything is begun there."""
    answer, environ, said = ANSWERS[name]
    server.RequestHandlerClass = _answering(*answer)
    for key, value in environ.items():
        monkeypatch.setenv(key, value)
    uri = f"http://127.0.0.1:{server.server_port}"
    message = _refusal(uri)
    assert uri in message
    assert said in message
    assert "API request" not in message


def test_a_certificate_that_is_not_accepted(tmp_path: Path, server: ThreadingHTTPServer) -> None:
    """Is told with the variable that names its authority."""
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj"]
    subprocess.run([*command, "/CN=localhost", "-keyout", str(key), "-out", str(cert)], capture_output=True, check=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    message = _refusal(f"https://127.0.0.1:{server.server_port}")
    assert (
        "the certificate of the server is not accepted: self-signed certificate. MLFLOW_TRACKING_SERVER_CERT_PATH"
        in message
    )
    assert message.endswith("and is not set")


def test_a_server_that_is_not_there_or_says_nothing() -> None:
    """The first is a matter of its address, the second of patience."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        port = deaf.getsockname()[1]
        assert _refusal(f"http://127.0.0.1:{port}").endswith("timed out. MLFLOW_HTTP_REQUEST_TIMEOUT is 1 s")
    assert _refusal(f"http://127.0.0.1:{port}").endswith(f"Connection refused. {causes.ADDRESS}")


def test_a_database_without_its_driver() -> None:
    """Is told with what to install."""
    assert "Do: pip install 'pymysql'" in _refusal("mysql+pymysql://ada:secret@127.0.0.1/x")


def test_a_database_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before MLflow asks for it again and again."""
    tried: list[str] = []

    class Away:
        def connect(self) -> None:
            raise sqlalchemy.exc.OperationalError("SELECT 1", {}, OSError("no route to ada:secret@db"))

        def dispose(self) -> None:
            """Nothing was opened."""

    def create(uri: str) -> Away:
        tried.append(uri)
        return Away()

    monkeypatch.setattr(sqlalchemy, "create_engine", create)
    uri = "postgresql+psycopg://ada:secret@db/ml"
    assert _refusal(uri) == f"MLflow at {uri.replace('ada:secret@', '')} did not take the run: no route to ***@db"
    assert tried == [uri]


def test_a_database_says_why_without_its_statement() -> None:
    """As SQLAlchemy repeats all of that."""
    error = RuntimeError("(x.Error) no such table: runs\n[SQL: SELECT 1]\n(Background on this error at: https://x)")
    assert causes.explained(error, "sqlite:///x.db") == "(x.Error) no such table: runs"


def test_a_long_story_keeps_its_end() -> None:
    """Where the cause stands as often as at the beginning."""
    said = causes.explained(RuntimeError(f"It broke {'x' * 1000} for want of a nail"), "sqlite:///x.db")
    assert said.startswith("It broke x")
    assert said.endswith("for want of a nail")
    assert len(said) < 310
