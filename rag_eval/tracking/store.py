"""Which MLflow a run belongs to, and the links into its pages; nothing here imports MLflow."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

from pydantic import ValidationError

from rag_eval import config
from rag_eval.records import Record

FILE = "tracked.json"
_FILE = "sqlite:///"
UI = "http://127.0.0.1:5000"
"""Where `rag-eval ui` serves a store that is a file."""


class TrackedRun(Record):
    """Where a run stands in MLflow; kept in the run's folder."""

    tracking_uri: str
    """Without credentials."""
    experiment_id: str
    run_id: str
    tab: str = "evaluations"
    """Of the run's page: its questions, answers and scores, over the whole width of the window; empty for the first."""

    @property
    def link(self) -> str:
        """The run's page."""
        page = f"{base(self.tracking_uri)}/#/experiments/{self.experiment_id}/runs/{self.run_id}"
        return f"{page}/{self.tab}" if self.tab else page

    def keep(self, folder: Path) -> None:
        """Write it into the run's folder."""
        (folder / FILE).write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")


def uri(mlflow: config.MlflowConfig, environ: Mapping[str, str] | None = None) -> str:
    """The tracking URI in force: the experiment's, `MLFLOW_TRACKING_URI`, else a database file here.

    That of a file has a path from the root, so that it is the same wherever one stands.
    """
    values = os.environ if environ is None else environ
    named = mlflow.tracking_uri and config.expand(mlflow.tracking_uri, values, where="mlflow.tracking_uri")
    return _from_root(named or values.get("MLFLOW_TRACKING_URI") or f"{_FILE}mlflow.db")


def _from_root(tracking_uri: str) -> str:
    path = database(tracking_uri)
    return tracking_uri if path is None else f"{_FILE}{path.resolve()}"


def database(tracking_uri: str) -> Path | None:
    """The file that a store is; None where it is something else."""
    return Path(tracking_uri.removeprefix(_FILE)) if tracking_uri.startswith(_FILE) else None


def experiment(mlflow: config.MlflowConfig, environ: Mapping[str, str] | None = None) -> str:
    """The MLflow experiment's name in force."""
    values = os.environ if environ is None else environ
    if mlflow.experiment:
        return config.expand(mlflow.experiment, values, where="mlflow.experiment")
    return values.get("MLFLOW_EXPERIMENT_NAME") or "rag-eval"


def is_server(tracking_uri: str) -> bool:
    """Whether a store has pages of its own."""
    return tracking_uri.startswith(("http://", "https://"))


def is_there(tracking_uri: str) -> bool:
    """Whether a store may be looked into without making it: a database file that there is, or anything else."""
    path = database(tracking_uri)
    return path is None or path.is_file()


def base(tracking_uri: str) -> str:
    """Where the pages of a store are: the server itself, or the address of `rag-eval ui`."""
    if is_server(tracking_uri):
        return without_credentials(tracking_uri).rstrip("/")
    return UI


def without_credentials(tracking_uri: str) -> str:
    """A URI that may be shown."""
    secret = _userinfo(tracking_uri)
    return tracking_uri.replace(f"{secret}@", "", 1) if secret else tracking_uri


_ENDS = re.compile(r"[/?#@:\\]")
_LEAST = 3
"""Letters of a part of a password from which on it is masked: shorter ones stand in every message."""


def secretless(text: str, tracking_uri: str) -> str:
    """A text without what stands before the host in a URI, however a library writes it."""
    userinfo = _userinfo(tracking_uri)
    user, _, password = userinfo.partition(":")
    secret = password or user
    # A sign that ends a host has libraries take what stands before it for one, and name it.
    hidden = {userinfo, secret, *(part for part in _ENDS.split(secret) if len(part) >= _LEAST)}
    for written in sorted({*hidden, *map(unquote, hidden)} - {""}, key=len, reverse=True):
        text = text.replace(written, "***")
    return text


def _userinfo(uri: str) -> str:
    """What stands before the host, also where a sign in it that should be escaped ends the host too early."""
    _, _, rest = uri.partition("://")
    authority, _, _ = rest.partition("/")
    if "@" in authority:
        return authority.rpartition("@")[0]
    is_port = authority.rpartition(":")[2].isdecimal()
    return rest.rpartition("@")[0] if ":" in authority and not is_port and "@" in rest else ""


def read(folder: Path) -> TrackedRun | None:
    """Where a run stands in MLflow, None if it was never pushed."""
    try:
        return TrackedRun.model_validate(json.loads((folder / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, ValidationError):
        return None


def comparison_link(a: Path, b: Path) -> str | None:
    """The page on which MLflow shows two runs side by side, None unless both are in one experiment.

    It is B's page, so that MLflow's differences have the sign of ours. The page with the list of runs shows the same
    beside that list, which leaves no room for scores in a window of 1,400 pixels.
    """
    first, second = read(a), read(b)
    if not first or not second:
        return None
    if (first.tracking_uri, first.experiment_id) != (second.tracking_uri, second.experiment_id):
        return None
    return f"{second.link}?compareToRunUuid={first.run_id}"
