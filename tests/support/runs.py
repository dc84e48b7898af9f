"""Small finished runs, by replay and the embedded judge."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from typer.testing import CliRunner, Result

from rag_eval.cli import app

CASES = 6


def rows(count: int = CASES, *, wrong: int = 0) -> list[dict[str, Any]]:
    """Captured answers, of which the last `wrong` contradict their contexts."""
    return [
        {
            "id": f"case-{n}",
            "user_input": f"What does the ferry to island {n} cost?",
            "response": f"The ferry to island {n} costs {n + (50 if n >= count - wrong else 0)} pounds.",
            "retrieved_contexts": [f"The ferry to island {n} costs {n} pounds.", "Dogs travel free."],
            "retrieved_context_ids": [f"ferry#{n}", "dogs"],
            "reference": f"The ferry to island {n} costs {n} pounds.",
            "reference_context_ids": [f"ferry#{n}"],
            "tags": ["even" if n % 2 == 0 else "odd"],
            "latency_s": 0.5 + n / 10,
        }
        for n in range(count)
    ]


def replay(folder: Path, name: str, captured: Sequence[Mapping[str, Any]], **said: Any) -> Result:
    """Run an experiment over captured answers; `said` goes into its file. The dataset leaves the answers out."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, captured)))
    questions = [{k: v for k, v in row.items() if not k.startswith(("response", "retrieved"))} for row in captured]
    (folder / "questions.jsonl").write_text("\n".join(map(json.dumps, questions)))
    experiment = {
        "name": name,
        "dataset": str(folder / "questions.jsonl"),
        "target": {"kind": "replay", "path": str(folder / f"{name}.jsonl")},
        "metrics": ["faithfulness", "context_recall", "recall@5", "latency"],
        "runs": str(folder / "runs"),
        **said,
    }
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(experiment))
    return CliRunner().invoke(app, ["run", str(folder / f"{name}.yaml"), "-q"])


COUNT = 24
"""Questions of the two runs of `weak_and_strong`."""


def weak_and_strong(folder: Path) -> None:
    """Two runs of the same questions, without a judge: of twelve the weaker one found nothing, none answered the first.

    Their only gate passes; of the experiments as they are, `weak.yaml` can be run again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    whole = rows(COUNT)
    asked = [{k: v for k, v in row.items() if not k.startswith(("response", "retrieved"))} for row in whole]
    (folder / "asked.jsonl").write_text("\n".join(map(json.dumps, asked)))
    said = {
        "dataset": str(folder / "asked.jsonl"), "metrics": ["recall@5", "mrr", "latency"], "min_coverage": 0.5,
        "mlflow": {"enabled": False}, "baselines": str(folder / "baselines"), "gates": ["recall@5.mean >= 0.2"],
    }  # fmt: skip
    lost = [{**row, "retrieved_context_ids": ["elsewhere", "dogs"]} for row in whole[COUNT // 2 :]]
    for name, captured in (("weak", [*whole[1 : COUNT // 2], *lost]), ("strong", whole[1:])):
        result = replay(folder, name, captured, **said)
        assert result.exit_code == 0, result.output


def only(folder: Path, name: str) -> Path:
    """The one run of an experiment."""
    [found] = (folder / "runs").glob(f"*-{name}")
    return found
