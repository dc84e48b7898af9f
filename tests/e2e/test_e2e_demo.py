"""The demo's own claim: the weaker configuration loses, and the interval says so."""

import json
from pathlib import Path

import pytest
import yaml
from staging.serving import running
from typer.testing import CliRunner

from rag_eval.cli import app
from rag_eval.staging.api import create_app
from rag_eval.staging.settings import Settings

METRICS = ["correctness", "faithfulness", "context_recall", "hit@5"]
"""Those that the demo's gates ask for, and one of retrieval; the others would only take longer."""


@pytest.mark.slow
def test_the_weaker_configuration_loses_on_context_recall(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two live runs over HTTP, compared: the interval of the difference in context recall lies above zero."""
    secrets = {"RAG_STAGING_USERNAME": "demo", "RAG_STAGING_PASSWORD": "canary-password-1"}
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(repository)
    runs = tmp_path / "runs"
    for profile in ("weak", "strong"):
        settings = Settings.from_environ(
            {**secrets, "RAG_STAGING_PROFILE": profile, "RAG_STAGING_QUERY_LIMIT": "unlimited"}
        )
        with running(create_app(settings)) as url:
            monkeypatch.setenv(f"STAGING_{profile.upper()}_URL", url)
            experiment = tmp_path / f"harbour-{profile}.yaml"
            fields = yaml.safe_load((repository / "experiments" / experiment.name).read_text())
            experiment.write_text(yaml.safe_dump({**fields, "metrics": METRICS}))
            result = CliRunner().invoke(
                app, ["run", str(experiment), "-o", str(runs), "--no-mlflow", "--no-gates", "-q"]
            )
        assert result.exit_code == 0, result.output
        assert "embedded judge" in result.output
    compared = CliRunner().invoke(app, ["compare", "harbour-weak", "harbour-strong", "--runs", str(runs), "--json"])
    assert compared.exit_code == 0, compared.output
    metrics = {metric["name"]: metric for metric in json.loads(compared.stdout)["metrics"]}
    assert metrics["context_recall"]["interval"]["low"] > 0
    assert metrics["hit@5"]["interval"]["low"] > 0
    for run, against, code in (("strong", "weak", 0), ("weak", "strong", 1)):
        command = ["gate", f"harbour-{run}", "--against", f"harbour-{against}", "--runs", str(runs)]
        assert CliRunner().invoke(app, command).exit_code == code, (run, against)
    for file in runs.rglob("*"):
        if file.is_file():
            assert b"canary-password-1" not in file.read_bytes(), f"the password stands in {file}"


def test_unlike_runs_are_not_compared_unless_forced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other questions are refused with what differs; forced, the report says so."""
    monkeypatch.chdir(tmp_path)
    for name, count in (("few", 2), ("more", 3)):
        rows = [
            {"id": f"c{n}", "question": f"What is {n}?", "answer": f"It is {n}.", "contexts": [f"It is {n}."]}
            for n in range(count)
        ]
        Path(f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
        Path(f"{name}.yaml").write_text(
            f"name: {name}\ndataset: {name}.jsonl\ntarget: {{kind: replay}}\nmetrics: [faithfulness]\n"
        )
        result = CliRunner().invoke(app, ["run", f"{name}.yaml", "--no-mlflow", "-q"])
        assert result.exit_code == 0, result.output
    refused = CliRunner().invoke(app, ["compare", "few", "more"])
    assert refused.exit_code == 2
    assert "datasets differ" in refused.output
    forced = CliRunner().invoke(app, ["compare", "few", "more", "--force", "-o", "report.md"])
    assert forced.exit_code == 0
    assert "by force although datasets differ" in forced.output.replace("\n", " ")
    assert "by force although datasets differ" in Path("report.md").read_text()


def test_compare_reads_a_run_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run is found by its path, also from another folder, and an unknown one is answered with near names."""
    monkeypatch.chdir(tmp_path)
    Path("c.jsonl").write_text('{"question": "What is 1?", "answer": "It is 1.", "contexts": ["It is 1."]}')
    Path("c.yaml").write_text("name: one\ndataset: c.jsonl\ntarget: {kind: replay}\nmetrics: [faithfulness]\n")
    assert CliRunner().invoke(app, ["run", "c.yaml", "--no-mlflow", "-q"]).exit_code == 0
    [folder] = (tmp_path / "runs").iterdir()
    monkeypatch.chdir("/")
    assert CliRunner().invoke(app, ["show", str(folder)]).exit_code == 0
    missing = CliRunner().invoke(app, ["show", "onee", "-o", str(tmp_path / "runs")])
    assert missing.exit_code == 2
    assert folder.name in missing.output
