"""How long a command takes to begin: `rag-eval --help`, and `rag-eval run` to its first question.

The first stands beside the floor, `python -c "import typer"`; all are whole processes. The run asks a service on
loopback and measures faithfulness by the embedded judge; it is ended when the first question has come. Seconds of the
processor say the same on a busy machine, where those of the clock do not.
"""

import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROUNDS, RUNS = 9, 3
MOST = 3.0
"""The command's time over the floor's."""
MOST_S = 1.0
"""Seconds to the first question."""


class Taken(NamedTuple):
    """What a process took."""

    wall: float
    """Seconds of the clock."""
    processor: float
    """Seconds of the processor."""


def ended_processes() -> float:
    """Seconds of the processor that the processes took which have been begun here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def taken(command: list[str]) -> Taken:
    """What one process takes."""
    began, before = time.perf_counter(), ended_processes()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return Taken(time.perf_counter() - began, ended_processes() - before)


def first_question() -> Taken:
    """What `rag-eval run` takes from its start to its first question."""
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
        began, before = time.perf_counter(), ended_processes()
        with subprocess.Popen(command, cwd=name, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
            assert process.stderr is not None
            if not came.wait(120):
                process.kill()
                sys.exit(f"no question came: {process.stderr.read().decode()}")
            took = time.perf_counter() - began
            process.kill()
        server.shutdown()
    return Taken(took, ended_processes() - before)


def middle(rounds: list[Taken]) -> Taken:
    """The median of each."""
    return Taken(*map(median, zip(*rounds, strict=True)))


def main() -> int:
    """Print what each takes; 1 if one is too slow."""
    nothing, floor = ([sys.executable, "-c", code] for code in ("pass", "import typer"))
    commands = (nothing, floor, [sys.executable, "-m", "rag_eval", "--help"])
    for command in commands:
        taken(command)
    # In turns, so that a busy moment of the machine meets all.
    turns = [[taken(command) for command in commands] for _ in range(ROUNDS)]
    empty, base, helped = (middle([turn[place] for turn in turns]) for place in range(3))
    ratio = helped.wall / base.wall
    print(
        f"startup            --help {helped.wall:.3f} s, import typer {base.wall:.3f} s, ratio {ratio:.2f} "
        f"(at most {MOST:g}), pass {empty.wall:.3f} s"
    )
    first_question()
    first = middle([first_question() for _ in range(RUNS)])
    print(
        f"startup            first question after {first.wall:.2f} s (at most {MOST_S:g}), "
        f"{first.wall / base.wall:.0f} × import typer; of the processor {first.processor:.2f} s, "
        f"{first.processor / base.processor:.0f} × import typer, {first.processor / empty.processor:.0f} × pass"
    )
    return int(ratio > MOST or first.wall > MOST_S)


if __name__ == "__main__":
    sys.exit(main())
