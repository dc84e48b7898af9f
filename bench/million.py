"""How much memory and time a million rows of Parquet take: read and fingerprinted, and with `rag-eval validate`.

Run `python bench/million.py [ROWS [PART…]]`; parts are `read` and `validate`.

The rows stand in one row group, as pandas writes them, which is the hardest to
read in little memory. Each measurement is a process of its own, and this one stays small: on Linux a child's peak
begins at that of its parent.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROWS = 1_000_000
PARTS = ("read", "validate")
MOST = 500.0
"""Peak of resident memory, in MB."""

EXPERIMENT = """
name: million
dataset: cases.parquet
target: {kind: replay, path: cases.parquet}
metrics: [faithfulness, context_recall, recall@5]
mlflow: {enabled: false}
"""
_BATCH = 20_000
UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes in one unit of `ru_maxrss`."""


@dataclass(frozen=True)
class Measured:
    """What one process took."""

    cases: int
    fingerprint: str
    seconds: float
    peak: float
    """Resident memory, in MB."""


def batches(rows: int) -> Iterator[list[dict[str, Any]]]:
    """Questions with references, contexts, ids and tags, as long as real ones."""
    for start in range(0, rows, _BATCH):
        yield [_row(number) for number in range(start, min(start + _BATCH, rows))]


def _row(number: int) -> dict[str, Any]:
    place = f"island {number * 7919 % 1_000_003}"
    return {
        "id": f"case-{number:07d}",
        "question": f"When does the last ferry of the day leave for {place}, and what does it cost with a dog?",
        "reference": f"The last ferry for {place} leaves at {number % 24}:15 and costs {number % 90} pounds.",
        "reference_contexts": [
            f"Timetable of {place}, section {part}: ferries leave at {number % 24}:15. " + "Dogs travel free. " * 4
            for part in range(2)
        ],
        "reference_context_ids": [f"timetable-{number}#{part}" for part in range(2)],
        "tags": ["ferry", f"route-{number % 40}"],
    }


def make(path: Path, rows: int) -> None:
    """Write the file; runs in a process of its own, since it holds all of it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.concat_tables([pa.Table.from_pylist(batch) for batch in batches(rows)])
    pq.write_table(table, path, row_group_size=rows)


def read(path: Path) -> None:
    """Read every row and fingerprint it; runs in a process of its own."""
    from rag_eval import config, dataset

    count = 0

    def counted() -> Iterator[Any]:
        nonlocal count
        for item in dataset.cases(config.DatasetConfig(path=str(path))):
            count += 1
            yield item.case

    fingerprint = dataset.fingerprint(counted())
    print(json.dumps({"cases": count, "fingerprint": fingerprint}))


def measure(command: list[str], folder: Path) -> Measured:
    """Run a command that prints `cases` and `fingerprint` as JSON."""
    began = time.perf_counter()
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        # The usage of this very child, which `subprocess` does not tell.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    took = time.perf_counter() - began
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    told = json.loads(said)
    return Measured(told["cases"], told["fingerprint"], took, usage.ru_maxrss * UNIT / 1e6)


def main(rows: int, parts: Sequence[str]) -> int:
    """Print what each part took; 1 if one was too large, or they do not agree."""
    here = [sys.executable, str(Path(__file__).resolve())]
    commands = {
        "read": [*here, "read", "cases.parquet"],
        "validate": [sys.executable, "-m", "rag_eval", "validate", "experiment.yaml", "--json"],
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([*here, "make", "cases.parquet", str(rows)], cwd=folder, check=True)
        (folder / "experiment.yaml").write_text(EXPERIMENT, encoding="utf-8")
        found = {part: measure(commands[part], folder) for part in parts}
    for part, one in found.items():
        pace = f"{one.cases:,} rows in {one.seconds:.1f} s, {one.cases / one.seconds:,.0f} a second"
        print(f"million            {part}: {pace}, peak {one.peak:.0f} MB (at most {MOST:g})")
    agree = {one.cases for one in found.values()} == {rows} and len({one.fingerprint for one in found.values()}) == 1
    return int(not agree or any(one.peak > MOST for one in found.values()))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["make", where, count]:
            make(Path(where), int(count))
        case ["read", where]:
            read(Path(where))
        case []:
            sys.exit(main(ROWS, PARTS))
        case [count, *parts]:
            sys.exit(main(int(count), parts or PARTS))
