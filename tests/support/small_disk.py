"""A disk of a few hundred kilobytes, on which a run comes to its end, is resumed, killed, and made read-only."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from support.forker import Ended
from support.runs import replay, rows

CASES = 12
METRICS = ["faithfulness", "correctness", "recall@5", "latency"]
Run = Callable[..., Ended]


def why_not() -> str:
    """Why no disk can be had here; empty where one can."""
    if os.geteuid() != 0:
        return "mounting a disk wants root"
    done = subprocess.run(
        ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False
    )
    return done.stderr.decode().strip() if done.returncode else ""


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """A disk of so many bytes in a folder."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def result(runs: Path) -> Any:
    """What must be equal however often a run was stopped."""
    [run] = (path for path in runs.iterdir() if not path.name.startswith("."))
    table = pq.read_table(run / "results.parquet").to_pylist()
    summary = json.loads((run / "summary.json").read_text())
    return table, [summary[key] for key in ("planned", "cases", "answered", "metrics", "failures")]


def whole(folder: Path) -> tuple[Path, Any, int]:
    """The experiment of a run that was never stopped, what it came to, and the bytes that it takes."""
    done = replay(folder, "disk", rows(CASES), metrics=METRICS, mlflow={"enabled": False})
    assert done.exit_code == 0, done.output
    return folder / "disk.yaml", result(folder / "runs"), _size(folder / "runs")


def _size(folder: Path) -> int:
    return sum(file.stat().st_blocks * 512 for file in folder.rglob("*") if file.is_file())


def trial(disk: Path, experiment: Path, room: int, run: Run, between: int, seconds: float) -> tuple[list[int], Any]:
    """The exit codes of a run with so many bytes of room, until it is whole; and what it came to.

    In between the disk is made read-only, whoever goes on with the run is killed after so many seconds, or it goes on
    as it is. Raises `AssertionError` for a traceback, and for any end but 3, 0 or the signal's.
    """
    for old in disk.iterdir():
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    ballast = disk / ".ballast"
    ballast.write_bytes(b"x" * (shutil.disk_usage(disk).free - room))
    first = ["run", str(experiment), "-q", "-o", str(disk / "runs")]
    codes = [_ended(run(*first), 0, 3)]
    match between % 3:
        case 0:
            subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
            again = _again(disk, first)
            codes.append(_ended(run(*again), 2 if again is first else 3))  # a new run has no place to begin
            subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
        case 1:
            os.truncate(ballast, ballast.stat().st_size // 2)
            codes.append(_ended(run(*_again(disk, first), kill_after=seconds), 0, 3, -9))
        case _:
            codes.append(_ended(run(*_again(disk, first)), 0, 3))
    ballast.unlink()
    codes.append(_ended(run(*_again(disk, first)), 0))
    return codes, result(disk / "runs")


def _again(disk: Path, first: list[str]) -> list[str]:
    """How to go on: with the run where one was begun, else from the start."""
    begun = [path for path in (disk / "runs").glob("[!.]*") if (path / "journal.db").exists()]
    return ["run", "--resume", str(begun[0]), "-q"] if begun else first


def _ended(ended: Ended, *codes: int) -> int:
    assert ended.code in codes, f"{ended.code}: {ended.output}"
    assert "Traceback" not in ended.output, ended.output
    assert ended.code != 3 or "error: " in ended.stderr, ended.output
    return ended.code
