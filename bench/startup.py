"""How long a command takes to begin: `rag-eval --help`, and `rag-eval run` to its first question.

The first stands beside the floor, `python -c "import typer"`; all are whole processes. The run asks a service on
loopback and measures faithfulness by the embedded judge; it is ended when the first question has come.
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median

ROUNDS, RUNS = 9, 3
MOST = 3.0
"""The command's time over the floor's."""
MOST_S = 1.0
"""Seconds to the first question."""


def seconds(command: list[str]) -> float:
    """Wall time of one process."""
    began = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def first_question() -> float:
    """Seconds from the start of `rag-eval run` to its first question."""
    came = threading.Event()

    class Service(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.set()
            self.send_error(503)

        def log_message(self, *_: object) -> None:
            pass

    with tempfile.TemporaryDirectory() as name, ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        target = {"kind": "http", "url": f"http://127.0.0.1:{server.server_port}/", "body": {"q": "{{ user_input }}"}}
        experiment = {
            "name": "startup", "dataset": "cases.jsonl", "target": {**target, "select": {"response": "a"}},
            "metrics": ["faithfulness"], "mlflow": {"enabled": False},
        }  # fmt: skip
        (Path(name) / "cases.jsonl").write_text('{"user_input": "When does the ferry leave?"}\n')
        (Path(name) / "experiment.yaml").write_text(json.dumps(experiment))
        command = [sys.executable, "-m", "rag_eval", "run", "experiment.yaml", "-q"]
        began = time.perf_counter()
        with subprocess.Popen(command, cwd=name, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
            assert process.stderr is not None
            if not came.wait(120):
                process.kill()
                sys.exit(f"no question came: {process.stderr.read().decode()}")
            took = time.perf_counter() - began
            process.kill()
        server.shutdown()
    return took


def warm(measure: Callable[[], float], rounds: int) -> float:
    """The median of some rounds, after one that fills the caches."""
    measure()
    return median(measure() for _ in range(rounds))


def main() -> int:
    """Print what each takes; 1 if one is too slow."""
    floor, ours = [sys.executable, "-c", "import typer"], [sys.executable, "-m", "rag_eval", "--help"]
    seconds(floor)
    seconds(ours)
    # In turns, so that a busy moment of the machine meets both.
    pairs = [(seconds(floor), seconds(ours)) for _ in range(ROUNDS)]
    base, helped = median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
    ratio = helped / base
    print(f"startup            --help {helped:.3f} s, import typer {base:.3f} s, ratio {ratio:.2f} (at most {MOST:g})")
    first = warm(first_question, RUNS)
    print(
        f"startup            first question after {first:.2f} s (at most {MOST_S:g}), {first / base:.0f} × import typer"
    )
    return int(ratio > MOST or first > MOST_S)


if __name__ == "__main__":
    sys.exit(main())
