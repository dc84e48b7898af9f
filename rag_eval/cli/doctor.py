"""`rag-eval doctor`."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

from rag_eval import __version__
from rag_eval.cli.guard import guarded

if TYPE_CHECKING:
    from rag_eval import config

EXAMPLES = """
[bold]Examples[/bold]

rag-eval doctor

rag-eval doctor -c experiments/strong.yaml
"""

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


class Finding(NamedTuple):
    """One thing that was looked at."""

    state: Literal["ok", "note", "bad"]
    about: str
    said: str


@guarded
def doctor(
    *,
    experiment: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="Also look at what this experiment needs.", metavar="FILE"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Say what is installed, configured and reachable, and what to do about what is not."""
    import json

    from rag_eval import configfile

    said = configfile.load(experiment) if experiment else None
    findings = [*_installed(), *_configured(), *_store(said), *(_needed(said) if said else ())]
    if as_json:
        print(json.dumps([finding._asdict() for finding in findings], indent=2))
    else:
        for finding in findings:
            print(f"{_MARKS[finding.state]} {finding.about}: {finding.said}")
    if any(finding.state == "bad" for finding in findings):
        raise typer.Exit(2)


_MARKS = {"ok": "ok  ", "note": "note", "bad": "BAD "}


def _installed() -> Iterator[Finding]:
    python = sys.version.split()[0]
    yield Finding("ok" if sys.version_info >= _OLDEST else "bad", "python", python)
    yield Finding("ok", "rag-eval", __version__)
    for name in CORE:
        yield _package(name, missing="bad", cure="pip install rag-eval")
    for extra, names in EXTRAS.items():
        for name in names:
            yield _package(
                name, missing="note", cure=f"pip install 'rag-eval[{extra}]', if you want `rag-eval {extra}`"
            )
    yield _ragas_trap()


def _package(name: str, *, missing: Literal["bad", "note"], cure: str) -> Finding:
    from importlib import metadata

    try:
        return Finding("ok", name, metadata.version(name))
    except metadata.PackageNotFoundError:
        return Finding(missing, name, f"is not installed. Do: {cure}")


def _ragas_trap() -> Finding:
    """Ragas 0.4.3 cannot be imported beside langchain-community 0.4.2 and later."""
    from importlib import metadata

    try:
        version = metadata.version("langchain-community")
    except metadata.PackageNotFoundError:
        return Finding("note", "langchain-community", "is not installed; ragas wants it")
    numbers = tuple(int(part) for part in version.split(".")[:3] if part.isdigit())
    if numbers >= (0, 4, 2):
        return Finding(
            "note",
            "langchain-community",
            f"{version} breaks `import ragas`; rag-eval stands in for what it lacks",
        )
    return Finding("ok", "langchain-community", version)


def _configured() -> Iterator[Finding]:
    for name in VARIABLES:
        yield Finding("note", name, "is set" if os.environ.get(name) else "is not set")


def _store(said: "config.Experiment | None") -> Iterator[Finding]:
    from rag_eval import config
    from rag_eval.errors import ConfigError
    from rag_eval.tracking import store

    where = said.mlflow if said else config.Mlflow()
    if not where.enabled:
        yield Finding("note", "mlflow", "is switched off in this experiment")
        return
    try:
        uri = store.uri(where)
    except ConfigError as error:
        yield Finding("bad", "mlflow", str(error))
        return
    shown = store.without_credentials(uri)
    if uri.startswith("http"):
        yield _reachable("mlflow", uri)
    else:
        there = Path(uri.removeprefix("sqlite:///")).exists()
        yield Finding("ok", "mlflow", f"{shown} ({'is there' if there else 'will be made by the first run'})")


def _needed(said: "config.Experiment") -> Iterator[Finding]:
    from rag_eval import config, sweep
    from rag_eval.errors import ConfigError

    every = [variant.experiment for variant in sweep.expand(said)] if said.matrix else [said]
    for about, url in dict.fromkeys(address for each in every for address in _addresses(each)):
        try:
            yield _reachable(about, config.expand(url))
        except ConfigError as error:
            yield Finding("bad", about, str(error))
    for name in dict.fromkeys(name for each in every for name in _secrets(each)):
        there = bool(os.environ.get(name))
        yield Finding("ok" if there else "bad", name, "is set" if there else f"is not set. Do: export {name}=…")


def _secrets(said: "config.Experiment") -> list[str]:
    """The environment variables that an experiment takes its secrets from."""
    from rag_eval import config

    names: list[str] = []
    match said.target:
        case config.Http(auth=config.Bearer(token_env=name)):
            names.append(name)
        case config.Http(auth=config.Login(username_env=user, password_env=password)):
            names += [user, password]
    match said.judge:
        case config.OpenAI(base_url=None, api_key_env=name) if not os.environ.get("OPENAI_BASE_URL"):
            names.append(name)
    return names


def _addresses(said: "config.Experiment") -> Iterator[tuple[str, str]]:
    if said.target.kind == "http":
        yield "target", said.target.url
    if said.judge.kind == "openai":
        yield "judge", said.judge.base_url or "${OPENAI_BASE_URL:-https://api.openai.com/v1}"


def _reachable(about: str, url: str) -> Finding:
    """Whether something listens there; nothing is sent."""
    import socket
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        address = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
    except ValueError as error:
        return Finding("bad", about, f"{error}. It reads http://host:port/path")
    if not address[0]:
        return Finding("bad", about, f"{url!r} names no host. It reads http://host:port/path")
    place = f"{address[0]}:{address[1]}"
    try:
        with socket.create_connection(address, timeout=_PATIENCE):
            return Finding("ok", about, f"{place} listens")
    except OSError as error:
        return Finding("bad", about, f"{place} cannot be reached: {error}")
