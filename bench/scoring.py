"""Answers a second that the judge inside scores, by the number of processes, beside another state of the code.

Run `python bench/scoring.py [--answers N] [--rounds N] [--beside FOLDER]`; FOLDER is a checkout of another commit. The
whole command is measured, start and reports with it: replay, three metrics, contexts of 3 × 75 words. No two answers
are alike: each is made of sentences of the harbour's pages, with other numbers and with names of its own.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

ANSWERS, ROUNDS, LEAST = 5_000, 3, 600.0
"""Answers a second of two processes, at least."""
WORDS = 75
"""Of each of three contexts."""
METRICS = ("correctness", "faithfulness", "context_recall")
HERE = Path(__file__).resolve().parents[1]
_SYLLABLES = [
    "bar",
    "den",
    "fal",
    "gor",
    "hem",
    "kil",
    "lan",
    "mor",
    "nes",
    "por",
    "rin",
    "sel",
    "tor",
    "ul",
    "ven",
    "wick",
]


@dataclass(frozen=True)
class Measured:
    """What one command took."""

    pace: float
    """Answers a second."""
    cpu: float
    """Seconds, of all processes."""
    peak: float
    """MB, of the largest process."""


def sentences() -> list[str]:
    """Those of the harbour's pages that are no headings and no rows of a table."""
    pages = sorted((HERE / "datasets" / "harbour" / "source" / "pages").glob("*.md"))
    lines = [line for page in pages for line in page.read_text(encoding="utf-8").split("\n\n") if line[:1].isalpha()]
    return [each for line in lines for each in re.split(r"(?<=[.!?])\s+", " ".join(line.split())) if len(each) > 30]


def rows(count: int) -> Iterator[dict[str, Any]]:
    """Questions with an answer of two sentences of the contexts and one of elsewhere, and a reference of two."""
    rng, known = random.Random(0), sentences()

    def other(sentence: str) -> str:
        name = "".join(rng.choices(_SYLLABLES, k=3)).capitalize()
        return f"At {name}, " + re.sub(r"\d+", lambda _: str(rng.randrange(2, 900)), sentence)

    for number in range(count):
        contexts: list[list[str]] = [[], [], []]
        for context in contexts:
            while len(" ".join(context).split()) < WORDS:
                context.append(other(rng.choice(known)))
        mine = [sentence for context in contexts for sentence in context]
        rng.shuffle(mine)
        yield {
            "id": f"case-{number}",
            "user_input": f"What holds {' '.join(mine[0].split()[:6])}?",
            "retrieved_contexts": [" ".join(context) for context in contexts],
            "response": " ".join([*mine[:2], other(rng.choice(known))]),
            "reference": " ".join(mine[1:3]),
        }


def run(folder: Path, code: Path, more: tuple[str, ...], count: int) -> Measured:
    """Score all answers with one state of the code."""
    command = [sys.executable, "-m", "rag_eval", "run", "scoring.yaml", "-q", *more]
    environ = {**os.environ, "PYTHONPATH": str(code)}
    before, began = os.times(), time.perf_counter()
    with subprocess.Popen(
        command, cwd=folder, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    took, after = time.perf_counter() - began, os.times()
    if process.returncode:
        sys.exit(errors.decode())
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Measured(count / took, cpu, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6)


def main() -> int:
    """Print a line for each way; 1 if two processes are too slow."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--answers", type=int, default=ANSWERS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--beside", type=Path)
    options = parser.parse_args()
    ways: dict[str, tuple[Path, tuple[str, ...]]] = {
        "1 process": (HERE, ("--workers", "1")),
        "2 processes": (HERE, ("--workers", "2")),
    }
    if options.beside:
        ways["beside"] = options.beside.resolve(), ()
    experiment = {"name": "scoring", "dataset": "rows.jsonl", "target": {"kind": "replay"}, "metrics": METRICS}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "rows.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows(options.answers)))
        (folder / "scoring.yaml").write_text(json.dumps({**experiment, "mlflow": {"enabled": False}}))
        tries: dict[str, list[Measured]] = {way: [] for way in ways}
        for _ in range(options.rounds):
            for way, (code, more) in ways.items():
                tries[way].append(run(folder, code, more, options.answers))
    paces = {way: median(each.pace for each in measured) for way, measured in tries.items()}
    for way, measured in tries.items():
        cpu, peak = median(each.cpu for each in measured), max(each.peak for each in measured)
        least = f" (at least {LEAST:g})" if way == "2 processes" else ""
        print(
            f"scoring            {way:<12} {paces[way]:.0f} answers a second{least}, "
            f"{options.answers / cpu:.0f} a CPU second, peak {peak:.0f} MB"
        )
    return int(paces["2 processes"] < LEAST)


if __name__ == "__main__":
    sys.exit(main())
