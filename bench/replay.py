"""Captured answers played and scored, few and many: memory that must not grow, and a run that is gone on with.

Run `python bench/replay.py [ROWS…]`. Answers of two passages are scored by what was retrieved, which takes no judge.
Each number of rows is played by `rag-eval run`; its journal then loses the last case, and the run is gone on with, up
to the first question that is new. Each measurement is a process of its own.
"""

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import million

ROWS = (10_000, 50_000)
MOST_MB, MOST_S = 600.0, 5.0
"""Of resident memory, and of seconds to the first question of a run that is gone on with."""

EXPERIMENT = """
name: replay
dataset: captured.parquet
target: {kind: replay}
metrics: [recall@5, mrr, latency]
mlflow: {enabled: false}
"""


def batches(rows: int) -> Iterator[list[dict[str, Any]]]:
    """Questions with the answers that were captured."""
    for batch in million.batches(rows):
        for number, row in enumerate(batch):
            row["response"] = row["reference"]
            row["retrieved_contexts"] = row.pop("reference_contexts")
            row["retrieved_context_ids"] = [*row["reference_context_ids"][number % 2 :], f"fares-{number}"]
            row["latency_s"] = 0.1 + number % 50 / 100
        yield batch


def make(path: Path, rows: int) -> None:
    """Write the file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = map(pa.Table.from_pylist, batches(rows))
    first = next(tables)
    with pq.ParquetWriter(path, first.schema) as writer:
        writer.write_table(first)
        for table in tables:
            writer.write_table(table)


def resume(folder: Path) -> None:
    """Go on with a run, up to what it keeps first; prints the seconds; runs in a process of its own."""
    began = time.perf_counter()
    from rag_eval import configfile, runs
    from rag_eval.evaluation import plan, session
    from rag_eval.journal import JournalWriter

    def stop(*_: object) -> None:
        print(json.dumps({"wall": time.perf_counter() - began, "cpu": time.process_time()}), flush=True)
        os._exit(0)

    JournalWriter.record_reply = stop  # type: ignore[assignment, method-assign]
    run = runs.RunFolder(folder.resolve())
    with session.begin(plan.prepare(configfile.load(run.experiment)), run) as job:
        session.work(job, lambda _: None, None, None)


def timed(command: list[str], folder: Path) -> tuple[str, float, float, float]:
    """What a command prints; seconds, CPU seconds and peak in MB that it took."""
    began = time.perf_counter()
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        printed = process.stdout.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return printed, time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * million.UNIT / 1e6


def measure(rows: int) -> bool:
    """Print what a number of rows takes; whether it was too much."""
    here = [sys.executable, str(Path(__file__).resolve())]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([*here, "make", "captured.parquet", str(rows)], cwd=folder, check=True)
        (folder / "experiment.yaml").write_text(EXPERIMENT, encoding="utf-8")
        command = [sys.executable, "-m", "rag_eval", "run", "experiment.yaml", "-q", "--json"]
        printed, wall, cpu, peak = timed(command, folder)
        run = Path(json.loads(printed)["folder"])
        journal = (folder / run / "journal.db").stat().st_size
        took = f"{wall:.0f} s, CPU {1000 * cpu / rows:.2f} ms each, peak {peak:.0f} MB (at most {MOST_MB:g})"
        print(f"replay             {rows:>9,} answers: {took}, journal {journal / rows / 1000:.2f} kB each", flush=True)
        db = sqlite3.connect(folder / run / "journal.db")
        last = db.execute("SELECT id FROM cases ORDER BY position DESC LIMIT 1").fetchone()
        with db:
            db.execute("DELETE FROM outcomes WHERE case_id = ?", last)
            db.execute("DELETE FROM cases WHERE id = ?", last)
        db.close()
        again = json.loads(timed([*here, "resume", str(run)], folder)[0].splitlines()[-1])
        spent = f"first new question after {again['wall']:.1f} s (at most {MOST_S:g}), CPU {again['cpu']:.1f} s"
        print(f"replay             {rows:>9,} done: {spent}", flush=True)
    return peak > MOST_MB or again["wall"] > MOST_S


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["make", where, count]:
            make(Path(where), int(count))
        case ["resume", where]:
            resume(Path(where))
        case counts:
            slow = [measure(count) for count in map(int, counts or ROWS)]
            sys.exit(int(any(slow)))
