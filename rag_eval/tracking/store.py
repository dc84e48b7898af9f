"""Which MLflow a run belongs to, and the links into its pages; nothing here imports MLflow."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from pydantic import ValidationError

from rag_eval import config
from rag_eval.records import Record

FILE = "tracked.json"
UI = "http://127.0.0.1:5000"
"""Where `rag-eval ui` serves a store that is a file."""


class Tracked(Record):
    """Where a run stands in MLflow; kept in the run's folder."""

    tracking_uri: str
    """Without credentials."""
    experiment_id: str
    run_id: str

    @property
    def link(self) -> str:
        """The run's page among the evaluation runs."""
        page = f"{base(self.tracking_uri)}/#/experiments/{self.experiment_id}/evaluation-runs"
        return f"{page}?selectedRunUuid={self.run_id}"


def uri(said: config.Mlflow, environ: Mapping[str, str] | None = None) -> str:
    """The tracking URI in force: the experiment's, `MLFLOW_TRACKING_URI`, else a database file here."""
    values = os.environ if environ is None else environ
    if said.tracking_uri:
        return config.expand(said.tracking_uri, values, where="mlflow.tracking_uri")
    return values.get("MLFLOW_TRACKING_URI") or f"sqlite:///{Path('mlflow.db').resolve()}"


def experiment(said: config.Mlflow, environ: Mapping[str, str] | None = None) -> str:
    """The MLflow experiment's name in force."""
    values = os.environ if environ is None else environ
    if said.experiment:
        return config.expand(said.experiment, values, where="mlflow.experiment")
    return values.get("MLFLOW_EXPERIMENT_NAME") or "rag-eval"


def base(tracking_uri: str) -> str:
    """Where the pages of a store are: the server itself, or the address of `rag-eval ui`."""
    if tracking_uri.startswith(("http://", "https://")):
        return without_credentials(tracking_uri).rstrip("/")
    return UI


def without_credentials(tracking_uri: str) -> str:
    """A URI that may be shown."""
    parts = urlsplit(tracking_uri)
    if "@" not in parts.netloc:
        return tracking_uri
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query, ""))


def read(folder: Path) -> Tracked | None:
    """Where a run stands in MLflow, None if it was never pushed."""
    try:
        return Tracked.model_validate(json.loads((folder / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, ValidationError):
        return None


def comparison_link(a: Path, b: Path) -> str | None:
    """The page on which MLflow shows two runs side by side, None unless both are in one experiment.

    B is the selected run, so that MLflow's differences have the sign of ours.
    """
    one, other = read(a), read(b)
    if not one or not other or (one.tracking_uri, one.experiment_id) != (other.tracking_uri, other.experiment_id):
        return None
    return f"{other.link}&compareToRunUuid={one.run_id}"
