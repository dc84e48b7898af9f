"""How a service is known, and how it knows us."""

import ssl
import subprocess
from pathlib import Path

import pytest
from support.asking import ask_case, echo, http, refused, serving

from rag_eval.config import TlsConfig
from rag_eval.errors import ConfigError
from rag_eval.targets.http import tls
from rag_eval.targets.http.target import HttpTarget


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority, a server's certificate for 127.0.0.1, and a client's, made by openssl."""
    folder = tmp_path_factory.mktemp("tls")
    (folder / "ext").write_text("subjectAltName=IP:127.0.0.1\n")
    commands = [
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=ca",
        "req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=server",
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2 -extfile ext",
        "req -newkey rsa:2048 -nodes -keyout client.key -out client.csr -subj /CN=client",
        "x509 -req -in client.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out client.pem -days 2",
    ]
    for command in commands:
        subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.mark.slow
def test_certificates_of_both_sides(certificates: Path) -> None:
    """An authority of one's own is known by `ca`, we by `cert`; without either the connection is refused."""
    app, _ = echo()
    files = {
        name: str(certificates / name) for name in ("ca.pem", "server.key", "server.pem", "client.pem", "client.key")
    }
    server = {"ssl_keyfile": files["server.key"], "ssl_certfile": files["server.pem"], "ssl_ca_certs": files["ca.pem"]}
    with serving(app, **server, ssl_cert_reqs=ssl.CERT_REQUIRED) as url:
        keys = {"ca": files["ca.pem"], "cert": files["client.pem"], "key": files["client.key"]}
        assert ask_case(http(url, tls=keys)).response == "At nine."
        assert refused(http(url)).reason == "connection"
        assert refused(http(url, tls={"ca": files["ca.pem"]})).reason == "connection"
    with pytest.raises(ConfigError, match=r"target\.tls"):
        HttpTarget(http("https://127.0.0.1:9", tls={"ca": "/nowhere.pem"}))


def test_authorities_are_read_once(monkeypatch: pytest.MonkeyPatch, certificates: Path) -> None:
    """For all targets of a process, as long as the environment names the same file of them."""
    context = tls.trusted(TlsConfig())
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert tls.trusted(TlsConfig()) is context
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "ca.pem"))
    assert [authority["subject"] for authority in tls.trusted(TlsConfig()).get_ca_certs()] == [
        ((("commonName", "ca"),),)
    ]
