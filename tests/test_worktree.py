"""Which state of the code a run was started from."""

import subprocess
from pathlib import Path

import pytest

from rag_eval import worktree
from rag_eval.records import WorkTree


def _git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def test_commit_branch_and_changes_are_told(tmp_path: Path) -> None:
    """Before the first commit, clean, changed, and without a branch; files that git does not know are no change."""
    _git(tmp_path, "init", "-b", "topic")
    assert worktree.state(tmp_path) == WorkTree(commit="", dirty=False, branch="topic")
    (tmp_path / "a.txt").write_text("one")
    _git(tmp_path, "add", "a.txt")
    _git(tmp_path, "commit", "-m", "first")
    commit = _git(tmp_path, "rev-parse", "HEAD").strip()
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "journal.db").touch()
    assert worktree.state(tmp_path) == WorkTree(commit=commit, dirty=False, branch="topic")
    (tmp_path / "a.txt").write_text("two")
    assert worktree.state(tmp_path / "runs") == WorkTree(commit=commit, dirty=True, branch="topic")
    _git(tmp_path, "checkout", "--detach")
    assert worktree.state(tmp_path) == WorkTree(commit=commit, dirty=True, branch="")


def test_elsewhere_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside a work tree, and where there is no git, a run is made all the same."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert worktree.state(tmp_path) is None
    monkeypatch.setenv("PATH", "")
    assert worktree.state(tmp_path) is None
