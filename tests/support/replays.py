"""Experiments that replay captured answers, as files in a folder of a test's own."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from support.runs import rows

from rag_eval import config, configfile


def write_rows(path: Path, given: Sequence[Mapping[str, Any]]) -> str:
    """Rows as a file of JSON lines; gives its path as an experiment has it."""
    path.write_text("\n".join(json.dumps(row) for row in given), encoding="utf-8")
    return str(path)


def experiment(folder: Path, *given: Mapping[str, Any], **settings: Any) -> config.Experiment:
    """An experiment that replays rows, six captured answers if none are given; `settings` go into its file.

    It measures what needs no judge, and keeps nothing in MLflow.
    """
    path = write_rows(folder / "rows.jsonl", given or rows())
    plain = {"name": "x", "dataset": path, "target": {"kind": "replay"}, "metrics": ["recall@5"]}
    own = {"mlflow": {"enabled": False}, "runs": str(folder / "runs"), "baselines": str(folder / "baselines")}
    file = folder / "x.yaml"
    file.write_text(yaml.safe_dump({**plain, **own, **settings}), encoding="utf-8")
    return configfile.load(file)
