"""A hundred users against the staging service, all on this machine: does it answer 95 of 100 within two seconds?

Three times: answers extracted, answers by a language model that takes 300 ms behind a fake endpoint, and the same with
limits that are counted in Redis. Nothing may fail. The users log in, ask three plain questions to one enhanced, wait
one to three seconds in between, and share the cores with service, model and Redis.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

USERS, SECONDS = 100, 60
MOST_S = 2.0
MODEL_S = 0.3
REPOSITORY = Path(__file__).resolve().parents[1]
LOGIN = {"RAG_STAGING_USERNAME": "bench", "RAG_STAGING_PASSWORD": "bench-password"}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@contextlib.contextmanager
def process(argv: list[str], port: int, folder: Path, **environ: str) -> Iterator[None]:
    """A process that listens on a port, until the block ends."""
    with (folder / f"{port}.log").open("w") as log, subprocess.Popen(
        argv, env={**os.environ, **environ}, stdout=log, stderr=log
    ) as started:  # fmt: skip
        try:
            for _ in range(600):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            yield
        finally:
            started.send_signal(signal.SIGTERM)
            started.wait(30)


@contextlib.contextmanager
def service(folder: Path, variables: Mapping[str, str]) -> Iterator[str]:
    """The staging service with these variables; its limits are high, not off, so that they are counted."""
    port = free_port()
    limits = {f"RAG_STAGING_{scope}_LIMIT": "1000000/minute" for scope in ("QUERY", "ACCOUNT")}
    argv = [sys.executable, "-m", "rag_eval", "staging", "--port", str(port)]
    with process(argv, port, folder, **LOGIN, **limits, **variables):
        yield f"http://127.0.0.1:{port}"


def load(url: str, folder: Path) -> dict[str, Any]:
    """Run the load test; what it came to."""
    auth = {"kind": "login", "url": f"{url}/api/v1/auth/login"}
    said = {
        "name": "bench",
        "dataset": str(REPOSITORY / "datasets" / "harbour"),
        "target": {
            "kind": "http",
            "url": f"{url}/api/v1/query/",
            "body": {"query": "{{ user_input }}", "max_results": 5},
            "select": {"response": "answer", "retrieved_contexts": "contexts[].text"},
            "auth": {**auth, "username_env": "RAG_STAGING_USERNAME", "password_env": "RAG_STAGING_PASSWORD"},
        },
        "load": {
            "users": USERS,
            "duration": SECONDS,
            "sample": 0,
            "endpoints": [{"name": "enhanced", "url": f"{url}/api/v1/query/enhanced"}],
        },
    }
    (folder / "bench.yaml").write_text(yaml.safe_dump(said))
    argv = [sys.executable, "-m", "rag_eval", "load", "bench.yaml", "--json", "-q", "--no-mlflow", "--max-errors", "0"]
    done = subprocess.run(argv, cwd=folder, env={**os.environ, **LOGIN}, capture_output=True, text=True, check=False)
    if not done.stdout:
        raise SystemExit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def show(name: str, found: Mapping[str, Any]) -> bool:
    """Print one scenario; whether it kept what it had to."""
    rows = [*found["load"]["endpoints"], found["load"]["total"]]
    kept = bool(found["passed"])
    print(f"\n{name}: {'kept' if kept else 'NOT kept'}")
    for row in rows:
        times = {one["percent"]: one for one in row["percentiles"]}
        p95 = times[95]
        print(
            f"  {row['name']:9} {row['requests']:6} requests, {row['failed']} failed, {row['throughput']:5.1f}/s, "
            f"p50 {times[50]['seconds']} s, p95 {p95['seconds']} s [{p95['low']}, {p95['high']}], "
            f"p99 {times[99]['seconds']} s, slowest {row['slowest']} s"
        )
    for remark in found["load"]["remarks"]:
        print(f"  ! {remark}")
    return kept


def main() -> int:
    """Run all of them; 1 where one did not keep what it had to."""
    print(f"{USERS} users, {SECONDS} s, p95 at most {MOST_S:g} s, no error; {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        port = free_port()
        model = str(REPOSITORY / "tests" / "support" / "llm_server.py")
        stack.enter_context(process([sys.executable, model, str(port), str(MODEL_S)], port, folder))
        # Kept answers would make the model look fast.
        written = {
            "RAG_STAGING_LLM_BASE_URL": f"http://127.0.0.1:{port}/v1",
            "RAG_STAGING_LLM_MODEL": "fake",
            "RAG_STAGING_CACHE_TTL_S": "0",
        }
        scenarios: dict[str, dict[str, str]] = {"answers extracted": {}, "a model of 300 ms": written}
        redis = shutil.which("redis-server")
        if redis:
            place = free_port()
            argv = [redis, "--bind", "127.0.0.1", "--port", str(place), "--save", "", "--dir", name]
            stack.enter_context(process(argv, place, folder))
            scenarios["limits in Redis"] = {"RAG_STAGING_REDIS_URL": f"redis://127.0.0.1:{place}/0"}
        kept = []
        for said, variables in scenarios.items():
            with service(folder, variables) as url:
                kept.append(show(said, load(url, folder)))
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
