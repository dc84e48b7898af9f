"""What seeing a run costs: the time of one with logs, metrics and spans over the time of the same one without.

The run is a replay judged by the embedded judge, which waits for nobody: with a live service and a language model,
whose answers take seconds, the same cost is spread over far more time. Also with an endpoint that hangs and with one
that is not there.
"""

import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path

CASES = 300
ROUNDS = 5
MOST = 1.5
"""Time of the run with everything on over the time without; so that a busy machine does not fail it."""
END_S = 3.0
"""Seconds that an endpoint which takes nothing may add to the whole command."""
LOGS = ("-vv", "--log-format", "json")
METRICS = ("--metrics-port", "0")


class _Sink(http.server.BaseHTTPRequestHandler):
    """Takes spans, or keeps whoever sends them waiting."""

    hangs = False
    size = 0

    def do_POST(self) -> None:
        """Read it all, then answer."""
        type(self).size += len(self.rfile.read(int(self.headers["content-length"])))
        time.sleep(60 if self.hangs else 0)
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


class _Hanging(_Sink):
    hangs = True


def serve(handler: type[_Sink]) -> str:
    """A sink on a free port, for as long as this process lives; its URL."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def prepare(folder: Path) -> None:
    """Answers, and an experiment over them."""
    with (folder / "answers.jsonl").open("w") as file:
        for number in range(CASES):
            fact = f"The ferry to island {number} costs {number} pounds. Dogs travel free. It sails at {number % 12}."
            row = {"id": f"c{number}", "user_input": f"What does ferry {number} cost?", "response": fact}
            found = {"reference": fact, "latency_s": 0.5, "retrieved_contexts": [fact, "Something else."]}
            file.write(json.dumps({**row, **found}) + "\n")
    said = {
        "name": "seen",
        "dataset": "answers.jsonl",
        "target": {"kind": "replay", "path": "answers.jsonl"},
        "metrics": ["faithfulness", "context_recall", "factual_correctness"],
        "mlflow": {"enabled": False},
    }
    (folder / "seen.yaml").write_text(json.dumps(said))


def once(folder: Path, arguments: tuple[str, ...], environ: Mapping[str, str]) -> tuple[float, float]:
    """Seconds of asking and scoring, and of the whole command."""
    command = [sys.executable, "-m", "rag_eval", "run", "seen.yaml", "-q", "--json", *arguments]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    began = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, env={**kept, **environ}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
    )
    whole = time.perf_counter() - began
    return float(json.loads(done.stdout)["seconds"]), whole


def main() -> int:
    """Print every way's ratio; 1 if one of them costs too much."""
    endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT"
    sink = {endpoint: serve(_Sink)}
    ways: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
        "off": ((), {}),
        "logs -vv": (LOGS, {}),
        "metrics": (METRICS, {}),
        "spans": ((), sink),
        "all of it": ((*LOGS, *METRICS), sink),
        "spans, hanging": ((), {endpoint: serve(_Hanging)}),
        "spans, stopped": ((), {endpoint: "http://127.0.0.1:9"}),
    }
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        prepare(folder)
        once(folder, (), {})
        for _ in range(ROUNDS):  # in turns, so that a busy moment of the machine meets all
            for name, way in ways.items():
                took[name].append(once(folder, *way))
    return report(took)


def report(took: Mapping[str, list[tuple[float, float]]]) -> int:
    """Print the best of each, which the machine disturbed least; whether a mark was missed."""
    base, base_whole = (min(pair[part] for pair in took["off"]) for part in (0, 1))
    missed = 0
    for name, pairs in took.items():
        run, whole = (min(pair[part] for pair in pairs) for part in (0, 1))
        slower, added = run / base, whole - base_whole
        missed |= slower > MOST or added > END_S + (MOST - 1) * base
        print(
            f"telemetry          {name:<15} {CASES} cases in {run:.2f} s, ratio {slower:.2f} (at most {MOST:g}); "
            f"whole command {whole:.2f} s, {added:+.2f} s"
        )
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
