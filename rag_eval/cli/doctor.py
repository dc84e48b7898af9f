"""`rag-eval doctor`."""

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

from rag_eval._version import __version__
from rag_eval.cli import options, printing
from rag_eval.cli.guard import guarded

if TYPE_CHECKING:
    from rag_eval import config
    from rag_eval.errors import ConfigError

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
    do: str = ""
    """What mends it: a command, or a sentence where no command does."""
    blocks: int = 0
    """How much of the work stands still while it is bad, from `_NOTHING_RUNS` on down."""

    @property
    def line(self) -> str:
        """What was found, with what to do about it."""
        return f"{self.said}. Do: {self.do}" if self.do else self.said


_NOTHING_RUNS, _NOT_THIS_ONE, _NO_ANSWERS, _NO_SCORES, _NOT_KEPT = range(5, 0, -1)
_ORDER = {"ok": 0, "note": 1, "bad": 2}


@guarded
def doctor(
    *,
    experiment: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="Also look at what this experiment needs.", metavar="FILE"),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Say what is installed, configured and reachable; last the verdict, and what to do first.

    What is bad stands behind what is well, and what blocks most before what blocks less; each with what mends it.
    """
    from rag_eval import configfile

    wanted = configfile.load(experiment) if experiment else None
    everything = [*_installed(), *_configured(), *_store(wanted), *(_needed(wanted) if wanted else ())]
    findings = sorted(everything, key=lambda finding: (_ORDER[finding.state], -finding.blocks))
    if as_json:
        printing.dump([{"state": f.state, "about": f.about, "said": f.line} for f in findings])
    else:
        _tell(findings, experiment)
    if any(finding.state == "bad" for finding in findings):
        raise typer.Exit(2)


_MARKS = {"ok": "ok  ", "note": "note", "bad": "BAD "}
_COLOURS = {"ok": "", "note": "dim", "bad": "red"}


def _tell(findings: Sequence[Finding], experiment: Path | None) -> None:
    """Everything that was looked at, and last what follows from it: that is what is seen of a long list."""
    bad = [finding for finding in findings if finding.state == "bad"]
    for finding in findings:
        printing.styled(f"{_MARKS[finding.state]} {finding.about}: {finding.line}", _COLOURS[finding.state], indent=5)
    printing.say("")
    for sentence, style in _verdict(bad, experiment):
        printing.styled(sentence, style)


def _verdict(bad: Sequence[Finding], experiment: Path | None) -> Iterator[tuple[str, str]]:
    """Whether work can begin, and the first thing to do."""
    what = f"{experiment} can be run" if experiment else "rag-eval can be used"
    if not bad:
        next_ = f"rag-eval validate {experiment}" if experiment else "rag-eval init"
        yield f"ready: {what}", "bold green"
        yield f"next: {next_}", ""
        return
    count = f"{len(bad)} problem{'s' * (len(bad) > 1)}"
    yield f"not ready: {count} {'stand' if len(bad) > 1 else 'stands'} in the way", "bold red"
    yield f"first: {bad[0].about} {bad[0].said}", ""
    yield f"do: {bad[0].do}", "bold"


def _installed() -> Iterator[Finding]:
    python = sys.version.split()[0]
    newer = "make an environment with a newer one: python3.11 -m venv .venv"
    if sys.version_info >= _OLDEST:
        yield Finding("ok", "python", python)
    else:
        yield Finding("bad", "python", f"{python} is too old", newer, _NOTHING_RUNS)
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
        return Finding(missing, name, "is not installed", cure, _NOTHING_RUNS)


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


def _store(wanted: "config.Experiment | None") -> Iterator[Finding]:
    from rag_eval import config
    from rag_eval.errors import ConfigError
    from rag_eval.tracking import store

    where = wanted.mlflow if wanted else config.MlflowConfig()
    if not where.enabled:
        yield Finding("note", "mlflow", "is switched off in this experiment")
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
        yield Finding("ok", "mlflow", f"{shown} ({'is there' if there else 'will be made by the first run'})")


def _needed(wanted: "config.Experiment") -> Iterator[Finding]:
    from rag_eval import config, sweep
    from rag_eval.errors import ConfigError

    every = [variant.experiment for variant in sweep.expand(wanted)] if wanted.matrix else [wanted]
    for about, url, cure, blocks in dict.fromkeys(address for each in every for address in _addresses(each)):
        try:
            yield _reachable(about, config.expand(url), cure, blocks)
        except ConfigError as error:
            yield _misread(about, error, _NOT_THIS_ONE)
    for name in dict.fromkeys(name for each in every for name in _secrets(each)):
        if os.environ.get(name):
            yield Finding("ok", name, "is set")
        else:
            yield Finding("bad", name, "is not set", f"export {name}=…", _NOT_THIS_ONE)


def _misread(about: str, error: "ConfigError", blocks: int) -> Finding:
    """What is wrong with a setting; what to do stands in the message, as everywhere."""
    message, _, cure = str(error).partition(" Do: ")
    return Finding("bad", about, message.rstrip("."), cure or "correct it in the experiment", blocks)


def _secrets(wanted: "config.Experiment") -> list[str]:
    """The environment variables that an experiment takes its secrets from."""
    from rag_eval import config

    names: list[str] = []
    match wanted.target:
        case config.HttpConfig(auth=config.BearerConfig(token_env=name)):
            names.append(name)
        case config.HttpConfig(auth=config.LoginConfig(username_env=user, password_env=password)):
            names += [user, password]
    match wanted.judge:
        case config.OpenAIJudgeConfig(base_url=None, api_key_env=name) if not os.environ.get("OPENAI_BASE_URL"):
            names.append(name)
    return names


def _addresses(wanted: "config.Experiment") -> Iterator[tuple[str, str, str, int]]:
    """What is to be reached, where, what to do where it is not, and how much that blocks."""
    if wanted.target.kind == "http":
        cure = "start your service (that of the demo: rag-eval staging --port {port}), or correct target.url"
        yield "target", wanted.target.url, cure, _NO_ANSWERS
    if wanted.judge.kind == "openai":
        url = wanted.judge.base_url or "${OPENAI_BASE_URL:-https://api.openai.com/v1}"
        yield "judge", url, "start it (Ollama: ollama serve), or correct judge.base_url", _NO_SCORES


def _reachable(about: str, url: str, cure: str, blocks: int) -> Finding:
    """Whether something listens there; nothing is sent. In `cure` stands `{port}` for the port."""
    import socket
    from urllib.parse import urlsplit

    reads = "correct the address: it reads http://host:port/path"
    try:
        parts = urlsplit(url)
        address = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
    except ValueError as error:
        return Finding("bad", about, str(error), reads, _NOT_THIS_ONE)
    if not address[0]:
        return Finding("bad", about, f"{url!r} names no host", reads, _NOT_THIS_ONE)
    place = f"{address[0]}:{address[1]}"
    try:
        with socket.create_connection(address, timeout=_PATIENCE):
            return Finding("ok", about, f"{place} listens")
    except OSError as error:
        reason = error.strerror or str(error)
        return Finding("bad", about, f"{place} cannot be reached: {reason}", cure.format(port=address[1]), blocks)
