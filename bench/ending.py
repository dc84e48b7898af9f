"""What comes after the last score: seconds to the end of `rag-eval run`, and bytes written, by where the run is kept.

Run `python bench/ending.py [CASES [CASES_TO_SERVER]]`. A few cases are replayed and scored by the embedded judge; all
others are these again with other numbers in every text, written into a journal as a run writes it, so that no two are
alike and none takes time to score. Then `rag-eval run --resume` has nothing left to ask, and does all that comes after:
summary, tables, page, and MLflow. It is done anew some times: without MLflow, into a database file that has its tables,
into the same file again, where nothing has changed, and through MLflow's own server on such a file. Nothing of it went
there before; a run that asks sends most of it to a server meanwhile. Bytes are those that Linux counts of the command,
and of the server; seconds begin with the end of the last session of scoring, as the journal has it.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import pages

CASES, TO_SERVER, SCORED, ROUNDS = 5_000, 1_000, 40, 3
MOST_SECONDS = {"reports": 20.0, "file": 20.0, "file again": 20.0, "server": 100.0}
"""Of 5,000 cases, on two cores that have nothing else to do; other numbers are not judged."""
MOST_JOURNAL_MB = 25.0
METRICS = ("correctness", "faithfulness", "context_recall", "hit@5", "mrr", "latency")
_BLOCK = 512
"""Bytes in one unit of `ru_oublock`."""


@dataclass(frozen=True)
class Ending:
    """What one command took after the last score."""

    seconds: float
    cpu: float
    """Seconds of the whole command, with what comes before."""
    written: float
    """MB, of the command; of it and the server where there is one."""
    peak: float
    """MB."""


def renumbered(row: dict[str, Any], old: int, new: int) -> dict[str, Any]:
    """A captured answer with another number wherever its own stands, and in each of its passages."""
    text = json.dumps(row).replace(f"Rule {old}:", f"Rule {new:05d}:").replace(f"rule {old} ", f"rule {new:05d} ")
    made: dict[str, Any] = json.loads(text.replace(f'"p{old}-', f'"p{new:05d}-').replace(f"-{old:05d}", f"-{new:05d}"))
    contexts = enumerate(made["retrieved_contexts"])
    return {**made, "retrieved_contexts": [f"Page {new:05d}.{place}. {context}" for place, context in contexts]}


def prepare(folder: Path, cases: int) -> Path:
    """Make a run of which everything is scored and nothing else done; gives its folder."""
    import yaml

    base = pages.rows(SCORED, shift=0)
    captured = [renumbered(base[number % SCORED], number % SCORED, number) for number in range(cases)]
    (folder / "captured.jsonl").write_text("\n".join(map(json.dumps, captured)))
    keep = ("id", "user_input", "reference", "reference_context_ids", "tags")
    (folder / "questions.jsonl").write_text("\n".join(json.dumps({key: row[key] for key in keep}) for row in captured))
    experiment = {
        "name": "ending", "dataset": "questions.jsonl", "target": {"kind": "replay", "path": "captured.jsonl"},
        "metrics": [*METRICS], "mlflow": {"enabled": False},
    }  # fmt: skip
    (folder / "ending.yaml").write_text(yaml.safe_dump(experiment))
    command = [sys.executable, "-m", "rag_eval", "run", "ending.yaml", "-q", "--json", "--limit", str(SCORED)]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=True)
    fill = [sys.executable, __file__, "fill", str(json.loads(done.stdout)["folder"]), str(cases)]
    done = subprocess.run(fill, cwd=folder, stdout=subprocess.PIPE, check=True)
    return folder / done.stdout.decode().splitlines()[-1]


def fill(scored: Path, cases: int) -> Path:
    """Write the journal of a run of all cases out of the few that were scored."""
    from pydantic import TypeAdapter

    from rag_eval import configfile, runs
    from rag_eval.evaluation import plan, session
    from rag_eval.records import Case, Outcome, Reply

    reply, outcome = TypeAdapter[Reply](Reply), TypeAdapter[Outcome](Outcome)
    with runs.RunFolder(scored).open_() as journal:
        rows = [*journal.stored()]
    with session.begin(plan.prepare(configfile.load(Path("ending.yaml")))) as job, session.clocked(job.journal):
        for number in range(cases):
            row = rows[number % len(rows)]

            def text(body: str, old: str = f"{row.position:05d}", new: str = f"{number:05d}") -> str:
                return body.replace(old, new)

            case = Case.model_validate_json(text(row.body))
            job.journal.record_reply(number, case, reply.validate_json(text(row.reply)))
            bodies = {each.metric: outcome.validate_json(text(each.body)) for each in row.outcomes}
            job.journal.record_outcomes(case.id, bodies)
        return job.folder.path


def finish(folder: Path, run: Path, mlflow: dict[str, Any]) -> Ending:
    """Let the command do what comes after the last score, with a copy of the run."""
    import yaml

    from rag_eval import runs

    settings = run / "experiment.yaml"
    settings.write_text(yaml.safe_dump({**yaml.safe_load(settings.read_text()), "mlflow": mlflow}))
    for name in ("results.parquet", "evidence.parquet", "report.html"):
        (run / name).unlink(missing_ok=True)
    command = [sys.executable, "-m", "rag_eval", "run", "--resume", str(run), "-q"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    ended = time.time()
    if process.returncode:
        sys.exit(errors.decode())
    with runs.RunFolder(run).open_() as journal:
        scored = journal.sessions()[1]
    cpu = usage.ru_utime + usage.ru_stime
    return Ending(ended - scored, cpu, usage.ru_oublock * _BLOCK / 1e6, usage.ru_maxrss * 1024 / 1e6)


@contextmanager
def serving(folder: Path, database: Path) -> Iterator[tuple[str, int]]:
    """MLflow's server on a database file; its address and process."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{database}", "--artifacts-destination", str(folder)]
    # Processes for jobs that nobody starts, which would be measured with it.
    environ = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=folder, start_new_session=True, env=environ, **quiet) as server:  # type: ignore[call-overload]
        url = f"http://127.0.0.1:{port}"
        try:
            while server.poll() is None:
                with suppress(OSError), urllib.request.urlopen(f"{url}/health", timeout=1):
                    break
                time.sleep(0.2)
            yield url, server.pid
        finally:
            os.killpg(server.pid, 9)


def written(group: int) -> float:
    """MB that the living processes of a group have written; 0 where the system does not tell."""
    total = 0
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError):
            if os.getpgid(int(entry.name)) == group:
                told = dict(line.split(": ") for line in (entry / "io").read_text().splitlines())
                total += int(told["write_bytes"])
    return total / 1e6


def empty_store(path: Path) -> Path:
    """A database file with MLflow's tables and nothing in them."""
    made = "from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore as S; import sys; S(*sys.argv[1:])"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    command = [sys.executable, "-c", made, f"sqlite:///{path}", str(path.parent / "mlruns")]
    subprocess.run(command, check=True, **quiet)  # type: ignore[call-overload]
    return path


def to_server(folder: Path, empty: Path, cases: int) -> Ending:
    """The same through a server."""
    run, database = prepare(folder, cases), folder / "server.db"
    shutil.copyfile(empty, database)
    with serving(folder, database) as (url, group):
        before = written(group)
        took = finish(folder, run, {"enabled": True, "tracking_uri": url})
        return Ending(took.seconds, took.cpu, took.written + written(group) - before, took.peak)


def report(what: str, cases: int, rounds: list[Ending]) -> bool:
    """Print the median of some rounds; whether it took too long."""
    seconds, cpu = median(each.seconds for each in rounds), median(each.cpu for each in rounds)
    size, peak = median(each.written for each in rounds), max(each.peak for each in rounds)
    most = MOST_SECONDS[what]
    figures = (
        f"{cases:>7,} {seconds:>9.1f} {most:>8.0f} {1000 * seconds / cases:>9.1f} {cpu:>8.1f} {size:>8.0f} {peak:>8.0f}"
    )
    print(f"{what:<12}{figures}", flush=True)
    return cases == CASES and seconds > most


def main(cases: int, to: int) -> int:
    """Print each way of ending; 1 if one took too long."""
    from rag_eval.telemetry import silence

    silence()
    print(f"load of the machine before it: {os.getloadavg()[0]:.1f}")
    print("ending       cases   seconds  at most   ms each  CPU, s   written  peak, MB", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder, slow = Path(name), False
        empty, run = empty_store(folder / "empty.db"), prepare(folder, cases)
        size = (run / "journal.db").stat().st_size / 1e6
        print(f"journal     {cases:>7,} {size:>9.1f} MB, at most {MOST_JOURNAL_MB:g} for {CASES:,}", flush=True)
        slow |= cases == CASES and size > MOST_JOURNAL_MB
        slow |= report("reports", cases, [finish(folder, run, {"enabled": False}) for _ in range(ROUNDS)])
        new, again = [], []
        for _ in range(ROUNDS):
            store = {"enabled": True, "tracking_uri": f"sqlite:///{folder / 'mlflow.db'}"}
            shutil.copyfile(empty, folder / "mlflow.db")
            new.append(finish(folder, run, store))
        again.append(finish(folder, run, store))
        slow |= report("file", cases, new)
        slow |= report("file again", cases, again)
        server = folder / "server"
        server.mkdir()
        slow |= report("server", to, [to_server(server, empty, to)])
    return int(slow)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["fill", where, count]:
            print(fill(Path(where), int(count)))
        case []:
            sys.exit(main(CASES, TO_SERVER))
        case [count]:
            sys.exit(main(int(count), TO_SERVER))
        case [count, to]:
            sys.exit(main(int(count), int(to)))
