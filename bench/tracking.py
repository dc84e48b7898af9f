"""What it takes to put a run into MLflow: seconds and bytes written, into a database file and through MLflow's server.

Run `python bench/tracking.py [CASES]`. The run replays so many answers, which the embedded judge scores. Into the file
it goes twice: the first time makes the tables, too, and the second changes nothing. Through the server, one process on
a database file of its own, it goes once. Each push is a process of its own; bytes are those that the system counts for
it, or for the server, as Linux tells them.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from million import batches

CASES = 5_000
METRICS = ("correctness", "faithfulness", "context_recall", "recall@5", "mrr", "latency")
MOST_MS, MOST_KB = 6.0, 120.0
"""Of each case, into a file: milliseconds without making the tables, and kilobytes of both pushes together."""
_BLOCK = 512
"""Bytes in one unit of `ru_oublock`."""


def prepare(folder: Path, cases: int) -> Path:
    """Make the run, without MLflow; gives its folder."""
    rows = [row for batch in batches(cases) for row in batch]
    with (folder / "captured.jsonl").open("w", encoding="utf-8") as captured:
        for row in rows:
            answer = {"response": row["reference"], "retrieved_contexts": row["reference_contexts"], "latency_s": 0.5}
            ids = {"retrieved_context_ids": row["reference_context_ids"]}
            captured.write(json.dumps({**row, **answer, **ids}) + "\n")
    (folder / "questions.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    experiment = {
        "name": "tracked",
        "dataset": "questions.jsonl",
        "target": {"kind": "replay", "path": "captured.jsonl"},
        "metrics": [*METRICS],
        "mlflow": {"enabled": False},
    }
    (folder / "tracked.yaml").write_text(json.dumps(experiment), encoding="utf-8")
    command = [sys.executable, "-m", "rag_eval", "run", "tracked.yaml", "-q", "--json"]
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, check=True)
    return folder / str(json.loads(done.stdout)["folder"])


def push(uri: str, run: Path) -> float:
    """Push a run; gives the seconds, without those of importing MLflow. Runs in a process of its own."""
    from rag_eval import config, configfile, tracking
    from rag_eval.ports import RunResult
    from rag_eval.records import Summary
    from rag_eval.runs import RunFolder

    folder = RunFolder(run)
    summary = Summary.model_validate_json(folder.summary.read_text(encoding="utf-8"))
    result = RunResult(summary, run, configfile.flatten(configfile.load(folder.experiment)))
    tracker = tracking.connect(config.MlflowConfig(tracking_uri=uri))
    assert tracker is not None
    began = time.perf_counter()
    tracker.push(result)
    return time.perf_counter() - began


def measured(uri: str, run: Path) -> tuple[float, int]:
    """Seconds, and bytes written by the process that pushes."""
    command = [sys.executable, __file__, "push", uri, str(run)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return float(said), usage.ru_oublock * _BLOCK


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, int]]:
    """MLflow's server on a database file of its own; its address and process."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{folder / 'server.db'}", "--artifacts-destination", str(folder)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=folder, start_new_session=True, **quiet) as server:  # type: ignore[call-overload]
        url = f"http://127.0.0.1:{port}"
        try:
            while server.poll() is None:
                with suppress(OSError), urllib.request.urlopen(f"{url}/health", timeout=1):
                    break
                time.sleep(0.2)
            yield url, server.pid
        finally:
            os.killpg(server.pid, 9)


def written(group: int) -> int:
    """Bytes that the living processes of a group have written; 0 where the system does not tell."""
    total = 0
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError):
            if os.getpgid(int(entry.name)) == group:
                told = dict(line.split(": ") for line in (entry / "io").read_text().splitlines())
                total += int(told["write_bytes"])
    return total


def main(cases: int) -> int:
    """Print each push; 1 if one into the file took too long or wrote too much."""
    from rag_eval.telemetry import silence

    silence()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run = prepare(folder, cases)
        uri = f"sqlite:///{folder / 'mlflow.db'}"
        report("file, new", cases, first := measured(uri, run))
        report("file, again", cases, again := measured(uri, run))
        with serving(folder) as (url, group):
            before = written(group)
            seconds, _ = measured(url, run)
            report("server", cases, (seconds, written(group) - before))
    slow = again[0] * 1000 / cases > MOST_MS
    return int(slow or (first[1] + again[1]) / 1000 / cases > MOST_KB)


def report(what: str, cases: int, cost: tuple[float, int]) -> None:
    """Print a push."""
    seconds, size = cost
    each = f"{1000 * seconds / cases:.1f} ms and {size / 1000 / cases:.0f} kB a case"
    print(f"tracking           {what}: {cases:,} cases in {seconds:.1f} s, {size / 1e6:.0f} MB written, {each}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["push", store, where]:
            print(push(store, Path(where)))
        case []:
            sys.exit(main(CASES))
        case [count]:
            sys.exit(main(int(count)))
