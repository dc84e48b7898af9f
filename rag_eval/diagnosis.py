"""What a machine has for the work: what is installed, configured and reachable, and what an experiment needs of it."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from rag_eval import config
from rag_eval._version import __version__
from rag_eval.errors import ConfigError
from rag_eval.tracking import store

CORE = ("ragas", "langchain-openai", "datasets", "pandas", "pyarrow", "mlflow", "pydantic", "httpx2", "scipy")
EXTRAS = {
    "staging": ("fastapi", "uvicorn", "bm25s", "python-multipart", "slowapi", "pyjwt", "pwdlib", "qdrant-client"),
    "load": ("locust",),
}
VARIABLES = (
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "MLFLOW_TRACKING_URI",
    "MLFLOW_EXPERIMENT_NAME",
    "HTTPS_PROXY",
    "NO_PROXY",
)
_PATIENCE = 3.0
_OLDEST = (3, 11)
_NOTHING_RUNS, _NOT_THIS_ONE, _NO_ANSWERS, _NO_SCORES, _NOT_KEPT = range(5, 0, -1)
"""How much of the work stands still, from all of it on down."""
_ORDER = {"ok": 0, "note": 1, "bad": 2}


class DoctorFinding(NamedTuple):
    """One thing that was looked at."""

    state: Literal["ok", "note", "bad"]
    about: str
    message: str
    do: str = ""
    """What mends it: a command, or a sentence where no command does."""
    blocks: int = 0
    """How much of the work stands still while it is bad, from `_NOTHING_RUNS` on down."""

    @property
    def line(self) -> str:
        """What was found, with what to do about it."""
        return f"{self.message}. Do: {self.do}" if self.do else self.message


def examine(experiment: config.Experiment | None = None) -> list[DoctorFinding]:
    """All that was looked at: what is well first, and of what is bad last what blocks most."""
    needed = _needed(experiment) if experiment else ()
    everything = [*_installed(), *_configured(), *_store(experiment), *needed]
    return sorted(everything, key=lambda finding: (_ORDER[finding.state], -finding.blocks))


def _installed() -> Iterator[DoctorFinding]:
    python = sys.version.split()[0]
    newer = "make an environment with a newer one: python3.11 -m venv .venv"
    if sys.version_info >= _OLDEST:
        yield DoctorFinding("ok", "python", python)
    else:
        yield DoctorFinding("bad", "python", f"{python} is too old", newer, _NOTHING_RUNS)
    yield DoctorFinding("ok", "rag-eval", __version__)
    for name in CORE:
        yield _package(name, missing="bad", cure="pip install rag-eval")
    for extra, names in EXTRAS.items():
        for name in names:
            yield _package(
                name, missing="note", cure=f"pip install 'rag-eval[{extra}]', if you want `rag-eval {extra}`"
            )
    yield _ragas_trap()


def _package(name: str, *, missing: Literal["bad", "note"], cure: str) -> DoctorFinding:
    from importlib import metadata

    try:
        return DoctorFinding("ok", name, metadata.version(name))
    except metadata.PackageNotFoundError:
        return DoctorFinding(missing, name, "is not installed", cure, _NOTHING_RUNS)


def _ragas_trap() -> DoctorFinding:
    """Ragas 0.4.3 cannot be imported beside langchain-community 0.4.2 and later."""
    from importlib import metadata

    try:
        version = metadata.version("langchain-community")
    except metadata.PackageNotFoundError:
        return DoctorFinding("note", "langchain-community", "is not installed; ragas wants it")
    numbers = tuple(int(part) for part in version.split(".")[:3] if part.isdigit())
    if numbers >= (0, 4, 2):
        return DoctorFinding(
            "note",
            "langchain-community",
            f"{version} breaks `import ragas`; rag-eval stands in for what it lacks",
        )
    return DoctorFinding("ok", "langchain-community", version)


def _configured() -> Iterator[DoctorFinding]:
    for name in VARIABLES:
        yield DoctorFinding("note", name, "is set" if os.environ.get(name) else "is not set")


def _store(wanted: config.Experiment | None) -> Iterator[DoctorFinding]:
    where = wanted.mlflow if wanted else config.MlflowConfig()
    if not where.enabled:
        yield DoctorFinding("note", "mlflow", "is switched off in this experiment")
        return
    try:
        uri = store.uri(where)
    except ConfigError as error:
        yield _misread("mlflow", error, _NOT_THIS_ONE)
        return
    shown = store.without_credentials(uri)
    if uri.startswith("http"):
        without = "rag-eval run … --no-mlflow until then" if wanted else "unset MLFLOW_TRACKING_URI"
        yield _reachable("mlflow", uri, f"mlflow server --port {{port}}, or {without}", _NOT_KEPT)
    else:
        there = Path(uri.removeprefix("sqlite:///")).exists()
        yield DoctorFinding("ok", "mlflow", f"{shown} ({'is there' if there else 'will be made by the first run'})")


def _needed(wanted: config.Experiment) -> Iterator[DoctorFinding]:
    from rag_eval import sweep  # its statistics may be what is not installed

    every = [variant.experiment for variant in sweep.expand(wanted)] if wanted.matrix else [wanted]
    for about, url, cure, blocks in dict.fromkeys(address for each in every for address in _addresses(each)):
        try:
            yield _reachable(about, config.expand(url), cure, blocks)
        except ConfigError as error:
            yield _misread(about, error, _NOT_THIS_ONE)
    for name in dict.fromkeys(name for each in every for name in (*each.target.variables, *each.judge.variables)):
        if os.environ.get(name):
            yield DoctorFinding("ok", name, "is set")
        else:
            yield DoctorFinding("bad", name, "is not set", f"export {name}=…", _NOT_THIS_ONE)


def _misread(about: str, error: ConfigError, blocks: int) -> DoctorFinding:
    """What is wrong with a setting; what to do stands in the message, as everywhere."""
    message, _, cure = str(error).partition(" Do: ")
    return DoctorFinding("bad", about, message.rstrip("."), cure or "correct it in the experiment", blocks)


def _addresses(wanted: config.Experiment) -> Iterator[tuple[str, str, str, int]]:
    """What is to be reached, where, what to do where it is not, and how much that blocks."""
    target = "start your service (that of the demo: rag-eval staging --port {port}), or correct target."
    judge = "start it (Ollama: ollama serve), or correct judge."
    for setting, url in wanted.target.addresses.items():
        yield "target", url, f"{target}{setting}", _NO_ANSWERS
    for setting, url in wanted.judge.addresses.items():
        yield "judge", url, f"{judge}{setting}", _NO_SCORES


def _reachable(about: str, url: str, cure: str, blocks: int) -> DoctorFinding:
    """Whether something listens there; nothing is sent. In `cure` stands `{port}` for the port."""
    import socket
    from urllib.parse import urlsplit

    reads = "correct the address: it reads http://host:port/path"
    try:
        parts = urlsplit(url)
        address = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
    except ValueError as error:
        return DoctorFinding("bad", about, str(error), reads, _NOT_THIS_ONE)
    if not address[0]:
        return DoctorFinding("bad", about, f"{url!r} names no host", reads, _NOT_THIS_ONE)
    place = f"{address[0]}:{address[1]}"
    try:
        with socket.create_connection(address, timeout=_PATIENCE):
            return DoctorFinding("ok", about, f"{place} listens")
    except OSError as error:
        reason = error.strerror or str(error)
        return DoctorFinding("bad", about, f"{place} cannot be reached: {reason}", cure.format(port=address[1]), blocks)
