"""Small sweeps over captured answers, with the embedded judge."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from typer.testing import CliRunner, Result

from rag_eval.cli import app


def write(folder: Path, answers: Mapping[str, Sequence[Mapping[str, Any]]], **said: Any) -> Path:
    """An experiment file with a variant for each of some captured answers; `said` goes into it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, captured in answers.items():
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, captured)))
    first = next(iter(answers.values()))
    questions = [{k: v for k, v in row.items() if not k.startswith(("response", "retrieved"))} for row in first]
    (folder / "questions.jsonl").write_text("\n".join(map(json.dumps, questions)))
    experiment = {
        "name": "ferries",
        "dataset": str(folder / "questions.jsonl"),
        "target": {"kind": "replay"},
        "metrics": ["correctness", "recall@5", "latency"],
        "runs": str(folder / "runs"),
        "mlflow": {"enabled": False},
        "matrix": [{"name": name, "target.path": str(folder / f"{name}.jsonl")} for name in answers],
        **said,
    }
    path = folder / "sweep.yaml"
    path.write_text(yaml.safe_dump(experiment))
    return path


def sweep(folder: Path, *arguments: str) -> Result:
    """The command, in this process."""
    return CliRunner().invoke(app, ["sweep", *arguments, "--sweeps", str(folder / "sweeps"), "-q"])


def rows(count: int, *, wrong: int = 0) -> list[dict[str, Any]]:
    """Captured answers, of which `wrong`, spread over all of them, give another price than their reference."""
    return [
        {
            "id": f"case-{n}",
            "user_input": f"What does the ferry to island {n} cost?",
            "response": f"The ferry to island {n} costs {2000 + n + 900 * (n * 7 % count < wrong)} pounds.",
            "retrieved_contexts": [f"The ferry to island {n} costs {2000 + n} pounds."],
            "retrieved_context_ids": [f"ferry#{n}"],
            "reference": f"The ferry to island {n} costs {2000 + n} pounds.",
            "reference_context_ids": [f"ferry#{n}"],
            "latency_s": 0.5 + n / 100,
        }
        for n in range(count)
    ]


def slower(captured: Sequence[Mapping[str, Any]], times: float) -> list[dict[str, Any]]:
    """The same answers, each so many times as late."""
    return [{**row, "latency_s": row["latency_s"] * times} for row in captured]


def three(count: int = 40) -> dict[str, list[dict[str, Any]]]:
    """Answers of which the last is best, and one that is hardly worse and twice as fast."""
    return {
        "weak": slower(rows(count, wrong=25), 0.5),
        "fast": rows(count, wrong=3),
        "good": slower(rows(count, wrong=1), 2),
    }
