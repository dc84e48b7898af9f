"""Each experiment that is given away runs as it is, here on a few questions and without a network."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from staging.serving import running
from typer.main import get_command
from typer.testing import CliRunner

import rag_eval
from rag_eval.cli import app
from rag_eval.staging.api import create_app
from rag_eval.staging.settings import Settings

FOLDER = Path(__file__).resolve().parents[1] / "experiments"
COMMANDS = {
    "harbour-weak": "run FILE --no-gates --no-mlflow --limit 3 -o made -q",
    "harbour-strong": "run FILE --no-gates --no-mlflow --limit 3 -o made -q",
    "ci-gate": "ci FILE --base URL --head URL --limit 8 --undecided pass -o made -q",
    "replay-traces": "run FILE -o made -q",
    "harbour-sweep": "sweep FILE --no-mlflow --limit 8 -o made -q",
    "load-test": "load FILE --users 4 --duration 5s --limit 4 --sample 2 -o made -q",
}
"""How each is run here; FILE and URL stand for it and for the service."""
PATIENCE = {"wait: [1, 3]": "wait: [0, 0.1]", "ramp_up: 10s": "ramp_up: 0s"}
"""What of a load test takes long, and what stands for it here."""
ACCOUNT = {"RAG_STAGING_USERNAME": "demo", "RAG_STAGING_PASSWORD": "canary-password-4"}


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """The demo's service, without limits."""
    free = {f"RAG_STAGING_{scope}_LIMIT": "unlimited" for scope in ("QUERY", "ACCOUNT")}
    with running(create_app(Settings.from_environ({**free, **ACCOUNT, "RAG_STAGING_PROFILE": "strong"}))) as url:
        yield url


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder in which the experiments find what they name, and write nothing into the checkout."""
    for name in ("datasets", "experiments"):
        (tmp_path / name).symlink_to(FOLDER.parent / name)
    monkeypatch.chdir(tmp_path)
    for name, value in ACCOUNT.items():
        monkeypatch.setenv(name, value)


def _command(name: str, url: str) -> list[str]:
    """What to call; of a load test on a copy whose users do not wait."""
    path = Path("experiments", f"{name}.yaml")
    if _slow(name):
        text = path.read_text()
        assert all(text.count(slow) == 1 for slow in PATIENCE)
        path = Path(path.name)
        path.write_text(re.sub("|".join(map(re.escape, PATIENCE)), lambda match: PATIENCE[match[0]], text))
    places = {"FILE": str(path), "URL": url}
    return [places.get(word, word) for word in COMMANDS[name].split()]


def _slow(name: str) -> bool:
    return COMMANDS[name].startswith("load ")


def test_none_is_left_out() -> None:
    """Whoever adds one says here how it is run."""
    assert {path.stem for path in FOLDER.glob("*.yaml")} == {*COMMANDS}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if _slow(name) else []) for name in COMMANDS]
)
def test_it_runs(name: str, service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """To its end, with every question answered; nothing that is secret is left anywhere."""
    for variable in ("RAG_URL", "STAGING_WEAK_URL", "STAGING_STRONG_URL"):
        monkeypatch.setenv(variable, service)
    result = CliRunner().invoke(app, _command(name, service))
    assert result.exit_code == 0, result.output
    made = [file for folder in ("made", "runs") for file in Path(folder).rglob("*") if file.is_file()]
    runs = [rag_eval.open_run(file.parent).summary for file in made if file.name == "journal.db"]
    assert len(runs) == {"ci-gate": 2, "load-test": 2, "harbour-sweep": 3}.get(name, 1)
    assert all(run.finished and run.answered == run.planned for run in runs)
    assert not [file for file in made if b"canary-password-4" in file.read_bytes()]


@pytest.mark.parametrize("name", COMMANDS)
def test_it_begins_with_how_it_is_run(name: str) -> None:
    """The commands of its head exist, with all their options, and name the file."""
    head = (FOLDER / f"{name}.yaml").read_text().split("name: ")[0]
    shown = re.findall(r"^#   (?:[A-Z_]+=\S+ )*rag-eval ([^#&\n]+)", head, flags=re.MULTILINE)
    assert any(f"experiments/{name}.yaml" in line for line in shown)
    for line in shown:
        words = shlex.split(line)
        command = get_command(app)
        while isinstance(command, typer.core.TyperGroup):
            command = command.commands[words.pop(0)]
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("-")} <= known, line


@pytest.mark.parametrize("name", COMMANDS)
def test_every_section_of_it_is_explained(name: str) -> None:
    """By a comment in it or above it, but for what each experiment has."""
    above, *sections = re.split(r"^(?=[a-z_]+:)", (FOLDER / f"{name}.yaml").read_text(), flags=re.MULTILINE)
    for section in sections:
        told = "# " in section or above.splitlines()[-1].startswith("# ")
        assert told or section.startswith(("name:", "dataset:", "metrics:", "mlflow:")), section
        above = section
