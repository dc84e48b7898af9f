"""The workflows that the docs give away: valid by the schemas of who runs them, and safe with strangers' code."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from rag_eval.cli import app

FOLDER = Path(__file__).resolve().parents[1] / "experiments" / "ci"
SCHEMAS = {"github.yml": "github-workflows", "github-comment.yml": "github-workflows", "gitlab.yml": "gitlab-ci"}


def read(name: str) -> dict[Any, Any]:
    """What a file says; the key `on` is true in YAML 1.1."""
    fields: dict[Any, Any] = yaml.safe_load((FOLDER / name).read_text())
    return fields


def steps(name: str) -> list[dict[str, Any]]:
    """The steps of every job of a workflow."""
    return [step for job in read(name)["jobs"].values() for step in job["steps"]]


def test_every_example_is_checked() -> None:
    """Each file has a schema here, and the page about it names it."""
    assert {path.name for path in FOLDER.iterdir()} == {*SCHEMAS}
    page = (FOLDER.parents[1] / "docs" / "ci.md").read_text()
    assert all(f"experiments/ci/{name}" in page for name in SCHEMAS)


@pytest.mark.slow
@pytest.mark.parametrize("schema", sorted({*SCHEMAS.values()}))
def test_each_is_valid_by_its_schema(schema: str) -> None:
    """GitHub's for workflows, GitLab's for pipelines; offline."""
    files = [str(FOLDER / name) for name, wanted in SCHEMAS.items() if wanted == schema]
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_runs_the_code_of_a_fork_has_no_rights() -> None:
    """No secrets, no token that writes, and credentials are not left in the checkout."""
    workflow = read("github.yml")
    assert list(workflow[True]) == ["pull_request"]
    assert workflow["permissions"] == {"contents": "read"}
    assert not re.search(r"secrets\.|github\.token|GITHUB_TOKEN", (FOLDER / "github.yml").read_text())
    checkouts = [step for step in steps("github.yml") if step.get("uses", "").startswith("actions/checkout")]
    assert [step["with"]["persist-credentials"] for step in checkouts] == [False, False]


def test_what_has_rights_runs_nothing_of_a_fork() -> None:
    """It checks nothing out, and takes the number of the pull request from GitHub."""
    workflow = read("github-comment.yml")
    assert workflow[True] == {"workflow_run": {"workflows": [read("github.yml")["name"]], "types": ["completed"]}}
    assert workflow["permissions"] == {"actions": "read", "pull-requests": "write"}
    assert not [step for step in steps("github-comment.yml") if "checkout" in step.get("uses", "")]


@pytest.mark.parametrize("name", ["github.yml", "github-comment.yml"])
def test_no_expression_is_pasted_into_a_script(name: str) -> None:
    """The name of a branch is anybody's text; a script has it by a variable."""
    scripts = [step["run"] for step in steps(name) if "run" in step]
    assert scripts
    assert not [script for script in scripts if "${{" in script]


@pytest.mark.parametrize("name", ["github.yml", "github-comment.yml"])
def test_scripts_are_bash(name: str) -> None:
    """Each is at least read by it."""
    for step in steps(name):
        if "run" in step:
            assert subprocess.run(["bash", "-n"], input=step["run"], text=True, check=False).returncode == 0


def test_the_options_they_use_exist() -> None:
    """Each option after `rag-eval ci` is one of the command."""
    known = {option for parameter in get_command(app).commands["ci"].params for option in parameter.opts}  # type: ignore[attr-defined]
    known |= {option for parameter in get_command(app).commands["ci"].params for option in parameter.secondary_opts}  # type: ignore[attr-defined]
    for name in ("github.yml", "gitlab.yml"):
        text = (FOLDER / name).read_text()
        used = re.findall(
            r"(?<=\s)--[a-z][a-z-]*", text[text.index("rag-eval ci") :].split("\n\n")[0].split("- name")[0]
        )
        assert used
        assert {*used} <= known, name
