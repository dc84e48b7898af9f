"""Real answers that people wrote and labelled, by replay, with nothing but a mapping."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from rag_eval.cli import app

pytestmark = pytest.mark.realdata


def _run(folder: Path, data: Path, fields: dict[str, str], metrics: list[str], code: int) -> dict[str, Any]:
    said = {
        "name": data.parent.name,
        "dataset": {"path": str(data), "fields": fields},
        "target": {"kind": "replay"},
        "metrics": metrics,
        "mlflow": {"enabled": False},
        "runs": str(folder / "runs"),
    }
    (folder / "replay.yaml").write_text(yaml.safe_dump(said))
    result = CliRunner().invoke(app, ["run", str(folder / "replay.yaml"), "-q", "--json"])
    assert result.exit_code == code, result.stderr
    found = json.loads(result.stdout)
    return {metric["name"]: metric for metric in found["metrics"]} | {"cases": found["cases"]}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "fields", "expected"),
    [
        ("mtrag_human_eval", {}, {"faithfulness": 0.3, "context_recall": 0.4, "factual_correctness": 0.2}),
        ("clapnq_dev", {"response": "output[0].answer"}, {"faithfulness": 0.8, "context_recall": 0.8}),
        ("xquad_en", {}, {"context_recall": 0.9}),
        ("factscore_claims", {}, {"faithfulness": 0.2}),
    ],
)
def test_a_set_is_scored_by_replay(
    tmp_path: Path, realdata: Path, name: str, fields: dict[str, str], expected: dict[str, float]
) -> None:
    """Every case ends with a score, or not applicable with a reason, or has no answer; sane means come out."""
    data = tmp_path / name / "data.jsonl"
    data.parent.mkdir()
    lines = (realdata / name / "data.jsonl").read_text("utf-8").splitlines(keepends=True)
    data.write_text("".join(lines[:: max(1, len(lines) // 60)]), "utf-8")
    metrics = [*expected]
    unanswered = name == "clapnq_dev"  # half of its questions have none
    found = _run(tmp_path, data, fields, metrics, code=3 if unanswered else 0)
    assert found["cases"] == sum(1 for line in data.read_bytes().splitlines() if line.strip())
    for metric in metrics:
        assert not {*found[metric]["failures"]} - ({"no_text"} if unanswered else set())
        assert sum(found[metric][kind] for kind in ("n", "failed", "not_applicable")) == found["cases"]
    for metric, least in expected.items():
        assert found[metric]["mean"] >= least
