"""No secret of a run stands in anything that it says or leaves: output, logs, run folder, MLflow, spans, metrics."""

import base64
import html
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from support.collecting import Collector
from support.forker import Forker
from support.judge_server import Call, Fault, JudgeServer
from support.mlflow_store import ready_store
from support.pages import everything
from support.rag_server import RagServer, Request, Response

from rag_eval.journal import Journal
from rag_eval.journal.packing import plain

SECRETS = {
    "CANARY_PASSWORD": "canary-pa$$ w0rd-1234",
    "CANARY_HEADER": "canary-header-4567-abcdef",
    "CANARY_QUERY": "canary/query+8910=abcdef",
    "CANARY_TEAM": "aB3dE5gH7jK9mN1pQ3sT5vX7",
    "CANARY_COOKIE": "session=canary-cookie-12",
    "CANARY_SIG": "canary sig&2=1-abcdef",
    "CANARY_LOOK": "zY3xW5vU7tS9rQ1pO3nM5lK7",
    "CANARY_BODY": 'canary-body-"3"-abcdef',
    "CANARY_BODY_LOOK": "kL3mN5oP7qR9sT1uV3wX5yZ7",
    "CANARY_SHORT": "s3c9!",
    "CANARY_JUDGE": "sk-canary-judge-1112-abcdef",
}
TOKEN = "canary-token-1516-abcdefghij"
REFRESH = "canary-refresh-1718-abcdefghij"


def _loud(request: Request) -> Response:
    """A service that repeats whatever it was told, in answers, errors and redirects."""
    if request.path == "/token":
        return Response(body={"access_token": TOKEN, "refresh_token": REFRESH, "expires_in": 3600})
    said = json.dumps({"headers": dict(request.headers), "query": dict(request.query), "body": request.body})
    said += "".join(f"\\u{ord(sign):04x}" for secret in SECRETS.values() for sign in f" {secret} ")
    sent = [secret for name, secret in SECRETS.items() if name != "CANARY_JUDGE" and len(secret) > 8]
    said += " ".join(encoded for secret in sent for encoded in _encoded(secret))
    number = int(re.findall(r"\d+", request.body["query"])[0]) if isinstance(request.body, dict) else 0
    match number % 4:
        case 0:
            echo = {"x-echo": said.replace("\n", "")[:4000], "x-request-id": SECRETS["CANARY_HEADER"]}
            return Response(body={"answer": f"You sent {said}", "contexts": [said, "Nine pounds."]}, headers=echo)
        case 1:
            return Response(500, body={"error": said})
        case 2:
            return Response(302, body=None, headers={"location": f"http://127.0.0.2:9/?{said}".replace("\n", "")[:900]})
        case _:
            return Response(body={"wrong": said})


def _blabbing(call: Call) -> Fault | None:
    """A judge that repeats its key in errors."""
    told = " ".join([SECRETS["CANARY_JUDGE"], *_encoded(SECRETS["CANARY_JUDGE"])])
    return Fault(401 if call.number % 3 == 0 else 400, body=json.dumps({"error": {"message": told}}))


def _experiment(folder: Path, name: str, rag: RagServer, judge: JudgeServer, auth: dict[str, Any]) -> Path:
    rows = [{"id": f"c{n}", "question": f"What is the toll of bridge {n}?", "reference": "Nine."} for n in range(8)]
    (folder / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    said = {
        "name": name,
        "dataset": str(folder / "questions.jsonl"),
        "target": {
            "kind": "http",
            "url": f"{rag.url}/ask?key=${{CANARY_QUERY}}",
            "headers": {
                "X-Api-Key": "${CANARY_HEADER}",
                "X-Team": "${CANARY_TEAM}",
                "Cookie": "${CANARY_COOKIE}",
                "X-Auth": "${CANARY_SHORT}",
            },
            "query": {"sig": "${CANARY_SIG}", "team": "${CANARY_LOOK}"},
            "body": {"query": "{{ user_input }}", "api_key": "${CANARY_BODY}", "with": ["${CANARY_BODY_LOOK}"]},
            "select": {"retrieved_contexts": "contexts"},
            "auth": auth,
            "retries": 0,
            "breaker": None,
        },
        "judge": {"kind": "openai", "model": "m", "base_url": judge.url, "api_key_env": "CANARY_JUDGE", "retries": 0},
        "metrics": ["faithfulness", "latency"],
        "min_coverage": 0,
        "runs": str(folder / "runs"),
        "mlflow": {"tracking_uri": f"sqlite:///{folder}/mlflow.db"},
    }
    ready_store(folder / "mlflow.db")
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(said))
    return path


def _bodies(path: Path) -> bytes:
    """What a journal holds compressed."""
    with Journal.open_(path) as journal:
        texts = [plain(body) for (body,) in journal._db.execute("SELECT body FROM judged")]
        for row in journal.stored():
            texts += [row.body, row.reply, *(outcome.body for outcome in row.outcomes)]
    return "\n".join(filter(None, texts)).encode()


def _encoded(secret: str) -> Iterator[str]:
    """What a service may make of a secret before it repeats it."""
    yield quote(secret, safe="")
    yield re.sub("%..", lambda code: code[0].lower(), quote(secret, safe=""))
    yield secret.encode().hex()
    yield html.escape(secret)
    yield base64.b64encode(secret.encode()).decode()
    yield base64.urlsafe_b64encode(f"ada:{secret}".encode()).decode()


def _written(secret: str) -> Iterator[bytes]:
    """How a secret may have been written down; of base64 the middle, whatever stands around it."""
    yield secret.encode()
    yield json.dumps(secret)[1:-1].encode()
    if len(secret) > 8:
        *plain, alone, behind = _encoded(secret)
        yield from map(str.encode, plain)
        yield alone.encode()[:-4]
        yield behind.encode()[8:-4]


def _found(secrets: dict[str, str], haystack: dict[str, bytes]) -> list[str]:
    return [
        f"{name} as {written!r} in {place}"
        for place, held in haystack.items()
        for name, secret in secrets.items()
        for written in _written(secret)
        if written in held
    ]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["login", "basic"])
def test_no_secret_is_repeated(tmp_path: Path, kind: str, forker: Forker) -> None:
    """Although service and judge repeat each of them as loudly as they can."""
    with RagServer(_loud) as rag, JudgeServer(_blabbing) as judge, Collector() as collector:
        auth = {
            "login": {"url": f"{rag.url}/token", "username_env": "CANARY_USER", "password_env": "CANARY_PASSWORD"},
            "basic": {"username_env": "CANARY_USER", "password_env": "CANARY_PASSWORD"},
        }[kind]  # fmt: skip
        path = _experiment(tmp_path, f"loud-{kind}", rag, judge, {"kind": kind, **auth})
        environ = {
            **os.environ, **SECRETS, "CANARY_USER": "ada", "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_EXPORTER_OTLP_HEADERS": "x-key=canary-otel-1920-abcdef", "NO_COLOR": "1",
        }  # fmt: skip
        argv = ["run", str(path), "-vv", "--log-format", "json", "--metrics-file", str(tmp_path / "metrics.prom")]
        done = forker.run(*argv, env=environ, cwd=tmp_path)
        assert done.code == 0, done.stderr[-2000:]
        assert len(rag.requests) >= 8
        assert judge.asked
        spans = b"".join(collector.bodies) + repr(collector.spans).encode()
    haystack = {str(file): file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    haystack |= {
        f"{name} unpacked": everything(page.decode()).encode()
        for name, page in haystack.items()
        if name.endswith("report.html")
    }
    haystack |= {f"{name} unpacked": _bodies(Path(name)) for name in haystack if name.endswith("journal.db")}
    haystack |= {"standard output": done.stdout.encode(), "standard error": done.stderr.encode(), "spans": spans}
    assert any(name.endswith("journal.db") for name in haystack)
    assert any("mlflow.db" in name for name in haystack)
    assert spans
    secrets = {**SECRETS, "token": TOKEN, "refresh token": REFRESH, "exporter": "canary-otel-1920-abcdef"}
    assert _found(secrets, haystack) == []
    assert _found({"probe": "What is the toll of bridge"}, haystack), "the search itself finds what is there"
