"""What seeing a run costs: the time of one with logs, metrics and spans over the time of the same one without.

Twice: with a service that takes a tenth of a second an answer, which is still a fast one, and with a replay judged by
the embedded judge, which waits for nobody, so that all of the cost shows. Also with an endpoint that hangs and with one
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

CASES = {"live": 100, "replay": 300}
ROUNDS = 3
MOST = {"live": 1.25, "replay": 2.5}
"""Time of a run over the time of the one with all of it off; the replay's is wide, as it shares two cores with us."""
END_S = 3.0
"""Seconds that an endpoint which takes nothing may add to the whole command."""
SLOW = """
import asyncio
from rag_eval import Answer
class Slow:
    async def answer(self, case):
        await asyncio.sleep(0.1)
        return Answer(response=case.reference, retrieved_contexts=(case.reference, "Something else."), latency_s=0.1)
"""
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
    """Answers, a service, and an experiment over each."""
    (folder / "slow.py").write_text(SLOW)
    targets = {"live": {"kind": "custom", "use": "slow:Slow"}, "replay": {"kind": "replay", "path": "replay.jsonl"}}
    for name, target in targets.items():
        with (folder / f"{name}.jsonl").open("w") as file:
            file.writelines(f"{json.dumps(row(number))}\n" for number in range(CASES[name]))
        said = {
            "name": name,
            "dataset": f"{name}.jsonl",
            "target": target,
            "metrics": ["faithfulness", "context_recall", "factual_correctness"],
            "mlflow": {"enabled": False},
        }
        (folder / f"{name}.yaml").write_text(json.dumps(said))


def row(number: int) -> dict[str, object]:
    """A question with its answer."""
    fact = f"The ferry to island {number} costs {number} pounds. Dogs travel free. It sails at {number % 12}."
    return {
        "id": f"c{number}",
        "user_input": f"What does ferry {number} cost?",
        "response": fact,
        "reference": fact,
        "latency_s": 0.5,
        "retrieved_contexts": [fact, "Something else."],
    }


def once(folder: Path, name: str, arguments: tuple[str, ...], environ: Mapping[str, str]) -> tuple[float, float]:
    """Seconds of asking and scoring, and of the whole command."""
    command = [sys.executable, "-m", "rag_eval", "run", f"{name}.yaml", "-q", "--json", *arguments]
    kept = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
    kept["PYTHONPATH"] = str(folder)
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
    missed = 0
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        prepare(folder)
        once(folder, "live", (), {})
        for kind in CASES:
            took: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
            for _ in range(ROUNDS):  # in turns, so that a busy moment of the machine meets all
                for name, way in ways.items():
                    took[name].append(once(folder, kind, *way))
            missed |= report(kind, took)
    return missed


def report(kind: str, took: Mapping[str, list[tuple[float, float]]]) -> int:
    """Print the best of each, which the machine disturbed least; whether a mark was missed."""
    base, base_whole = (min(pair[part] for pair in took["off"]) for part in (0, 1))
    missed = 0
    for name, pairs in took.items():
        run, whole = (min(pair[part] for pair in pairs) for part in (0, 1))
        slower, added = run / base, whole - base_whole
        missed |= slower > MOST[kind] or added > END_S + (MOST[kind] - 1) * base
        each = 1000 * (run - base) / CASES[kind]
        print(
            f"telemetry          {kind:<6} {name:<15} {run:.2f} s, ratio {slower:.2f} (at most {MOST[kind]:g}), "
            f"{each:+.2f} ms a case; whole command {whole:.2f} s, {added:+.2f} s"
        )
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
