"""Which state of which git work tree a run is started in."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from rag_eval.records import WorkTree

_TIMEOUT_S = 5.0
_INITIAL, _DETACHED = "(initial)", "(detached)"


def state(folder: Path) -> WorkTree | None:
    """Commit, branch and whether tracked files differ; None outside a work tree, without git, or where it hangs."""
    command = ["git", "--no-optional-locks", "status", "--porcelain=v2", "--branch", "--untracked-files=no"]
    try:
        done = subprocess.run(  # noqa: S603 - nothing of a user's goes into it
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=True,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return _read(done.stdout)


def _read(status: str) -> WorkTree:
    lines = status.splitlines()
    heads: Mapping[str, str] = dict(line[2:].split(" ", 1) for line in lines if line.startswith("# branch."))
    commit, branch = heads.get("branch.oid", _INITIAL), heads.get("branch.head", _DETACHED)
    return WorkTree(
        commit="" if commit == _INITIAL else commit,
        dirty=any(not line.startswith("#") for line in lines),
        branch="" if branch == _DETACHED else branch,
    )
