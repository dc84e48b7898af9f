"""The pytest plugin: a run, made once in a session, that tests hold to what they demand.

    def test_quality(rag_eval_run):
        assert rag_eval_run.passes("faithfulness.mean >= 0.8")

pytest loads this module in every session of everybody who has rag-eval installed: nothing but pytest is imported before
a test asks for a run.
"""

import contextlib
import json
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from rag_eval.handles import Comparison, GateCheck, Run

MARKER = "rag_eval"
"""The mark of each test that asks for a run, so that `-m "not rag_eval"` leaves it out."""
_FIXTURES = frozenset({"rag_eval_run", "rag_eval_comparison"})
_SHOWN = 5
"""Questions that lost which are shown beneath a test of a comparison that fails."""

_HOW = """this test needs a run, and nothing says which. One of these does:
  pytest --rag-eval EXPERIMENT.yaml     makes the run, once in this session
  pytest --rag-eval-run latest          takes one that is there
  rag_eval_experiment = EXPERIMENT.yaml in pytest's configuration file
  pytest -m "not rag_eval"              leaves such tests out
It is an error and no skip: a gate that is not looked at must not look like one that passed."""
_HOW_AGAINST = """this test compares, and nothing says with what. One of these does:
  pytest --rag-eval-against NAME        a baseline or a run
  rag_eval_against = NAME               in pytest's configuration file"""


@dataclass(frozen=True)
class PluginSettings:
    """What the command line and the configuration file say."""

    experiment: Path | None
    """The experiment to run."""
    run: str | None
    """A run that is there, instead."""
    against: str | None
    base: Path
    """Where relative paths begin: where pytest was called, or, as for tests, its root directory."""


@dataclass
class _Session:
    """What tests did with the run in this process."""

    run: Path | None = None
    """The run's folder, once there is one."""
    notes: list[str] = field(default_factory=list)
    """What must be known of it besides: that a newer run was passed over, or that MLflow does not have it."""
    comparison: "Comparison | None" = None
    """The comparison, in the process where a test asked for it."""
    sentences: list[str] = field(default_factory=list)
    """What it says, in every process."""
    checks: "list[GateCheck]" = field(default_factory=list)
    """Those of the test that goes on."""


_SESSION = pytest.StashKey[_Session]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare options for the command line and the configuration file."""
    group = parser.getgroup("rag-eval", "evaluating a RAG system")
    group.addoption("--rag-eval", metavar="EXPERIMENT", help="run this experiment, once, for the tests that ask for it")
    group.addoption("--rag-eval-run", metavar="RUN", help="take a run that is there: folder, id, name, or `latest`")
    group.addoption(
        "--rag-eval-against", metavar="NAME", help="a baseline or a run to compare with; also stands for each in gates"
    )
    parser.addini("rag_eval_experiment", "the experiment to run where no option says otherwise")
    parser.addini("rag_eval_against", "a baseline or a run to compare with where no option says otherwise")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse, before any test, what cannot be meant."""
    config.addinivalue_line("markers", f"{MARKER}: asks for the run of a RAG system (set by rag-eval itself)")
    config.stash[_SESSION] = _Session()
    if config.getoption("--rag-eval") and config.getoption("--rag-eval-run"):
        raise pytest.UsageError("--rag-eval makes a run and --rag-eval-run takes one: give one of the two")
    asked = wanted(config)
    if asked.experiment is not None and not (asked.base / asked.experiment).is_file():
        setting = "--rag-eval" if config.getoption("--rag-eval") else "rag_eval_experiment"
        raise pytest.UsageError(f"{setting}: {asked.experiment}: there is no such file in {asked.base}")


def wanted(config: pytest.Config) -> PluginSettings:
    """What is to be run or taken; options win over the configuration file, which speaks from its own folder."""
    experiment, run = config.getoption("--rag-eval"), config.getoption("--rag-eval-run")
    from_file = not (experiment or run)
    base = config.rootpath if from_file else config.invocation_params.dir
    named = (config.getini("rag_eval_experiment") or None) if from_file else experiment
    against = config.getoption("--rag-eval-against") or config.getini("rag_eval_against") or None
    return PluginSettings(Path(named) if named else None, run, against, base)


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say which run the tests will see; nothing where none is asked for."""
    asked = wanted(config)
    if asked.experiment is None and asked.run is None:
        return None
    what = asked.run if asked.experiment is None else f"{asked.experiment}, asked when a test first needs it"
    return f"rag-eval: {what}{f', against {asked.against}' if asked.against else ''}"


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark the tests that ask for a run."""
    if _FIXTURES.intersection(getattr(item, "fixturenames", ())):
        item.add_marker(MARKER)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Forget what the test before has checked."""
    item.config.stash[_SESSION].checks.clear()


@pytest.fixture(scope="session")
def rag_eval_run(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> "Run":
    """The run of this session: made once by --rag-eval, in all workers together, or taken by --rag-eval-run."""
    asked, session = wanted(pytestconfig), pytestconfig.stash[_SESSION]
    if asked.experiment is None and asked.run is None:
        pytest.fail(_HOW, pytrace=False)
    with _plainly(asked.base):
        folder = _made_once(asked, pytestconfig, tmp_path_factory) if asked.experiment else _taken(asked, session)
        run = _handle(folder, asked, session)
    session.run = run.path
    return replace(run, watch=session.checks.append)


@pytest.fixture(scope="session")
def rag_eval_comparison(rag_eval_run: "Run", pytestconfig: pytest.Config) -> "Comparison":
    """The run of this session, as B, against what --rag-eval-against names, as A."""
    asked, session = wanted(pytestconfig), pytestconfig.stash[_SESSION]
    if rag_eval_run.against is None:
        pytest.fail(_HOW_AGAINST, pytrace=False)
    with _plainly(asked.base):
        comparison = rag_eval_run.compare(rag_eval_run.against)
    session.comparison, session.sentences = comparison, [*comparison.sentences]
    return comparison


@contextlib.contextmanager
def _plainly(base: Path) -> Iterator[None]:
    """Work where paths begin; a message instead of a traceback for what is no programming error.

    Warnings of libraries are not those of the tests, which may count as errors.
    """
    from rag_eval.errors import Interruption, RagEvalError

    try:
        with contextlib.chdir(base), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except Interruption as error:
        pytest.exit(str(error))
    except RagEvalError as error:
        raise pytest.fail.Exception(f"rag-eval: {error}", pytrace=False) from None


def _taken(asked: PluginSettings, session: _Session) -> Path:
    from rag_eval import runs

    return runs.find(asked.run or "latest", tell=session.notes.append).path


def _handle(folder: Path, asked: PluginSettings, session: _Session) -> "Run":
    from rag_eval.evaluation import results
    from rag_eval.handles import open_run

    run = open_run(folder)
    if asked.against is None:
        return run
    against = results.locate(asked.against, run.path.parent, run.baselines, tell=session.notes.append)
    return open_run(folder, against=against)


def _made_once(asked: PluginSettings, config: pytest.Config, tmp: pytest.TempPathFactory) -> Path:
    """The run that the first worker makes who gets here; the others wait for it, and share its failure too."""
    worker: dict[str, Any] | None = getattr(config, "workerinput", None)
    if worker is None:
        return _made(asked, config)
    from filelock import FileLock

    from rag_eval.errors import RagEvalError

    note = tmp.getbasetemp().parent / f"rag-eval-{worker['testrunuid']}.json"
    with FileLock(note.with_suffix(".lock")):
        if not note.is_file():
            note.write_text(json.dumps(_outcome(asked, config)), encoding="utf-8")
    outcome = json.loads(note.read_text(encoding="utf-8"))
    if "error" in outcome:
        raise RagEvalError(outcome["error"])
    return Path(outcome["run"])


def _outcome(asked: PluginSettings, config: pytest.Config) -> dict[str, str]:
    """The folder of a run that was made, or why there is none."""
    from rag_eval.errors import RagEvalError

    try:
        return {"run": str(_made(asked, config))}
    except RagEvalError as error:
        return {"error": str(error)}


def _made(asked: PluginSettings, config: pytest.Config) -> Path:
    """Run the experiment as `rag-eval run` does."""
    from rag_eval import telemetry

    telemetry.silence()
    from rag_eval import configfile, pipeline
    from rag_eval.evaluation import results

    assert asked.experiment is not None
    experiment = configfile.load(asked.experiment)
    against = None
    if asked.against is not None:
        against = results.locate(asked.against, Path(experiment.runs), Path(experiment.baselines))
    telemetry.hide(*telemetry.secrets_of(experiment.model_dump()))
    finished = pipeline.run(experiment, pipeline.Options(against=against))
    config.stash[_SESSION].notes += [f"not in MLflow: {finished.untracked}"] if finished.untracked else []
    return finished.result.folder.resolve()


@pytest.hookimpl(hookwrapper=True)  # `wrapper` is unknown to the pluggy of older pytests, whose sessions would break
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
    """Say beneath a test that fails what did not pass, and which questions speak most against it."""
    _cut_short(call)
    outcome = yield
    report = outcome.get_result()
    add: Callable[[str, str], None] | None = getattr(report.longrepr, "addsection", None)
    if call.when == "call" and report.failed and add is not None:
        for heading, text in _explained(item):
            add(heading, text)


def _cut_short(call: pytest.CallInfo[None]) -> None:
    """Show of a mistake, such as a gate that cannot be read, the line of the test, and not where it was noticed."""
    from rag_eval.errors import RagEvalError

    if call.excinfo is None or not isinstance(call.excinfo.value, RagEvalError):
        return
    entry: TracebackType | None = call.excinfo.tb
    last = None
    while entry is not None:
        last = last if _is_inside(Path(entry.tb_frame.f_code.co_filename)) else entry
        entry = entry.tb_next
    if last is not None:
        last.tb_next = None


def _is_inside(path: Path) -> bool:
    return path.is_relative_to(Path(__file__).parent) or path == Path(str(contextlib.__file__))


def _explained(item: pytest.Item) -> Iterator[tuple[str, str]]:
    session = item.config.stash[_SESSION]
    short = [check for check in session.checks if not check]
    if short:
        yield "rag-eval: gates", "\n".join([*map(str, short), *_pointer(session)])
    if session.comparison is not None and "rag_eval_comparison" in getattr(item, "fixturenames", ()):
        yield "rag-eval: comparison", "\n".join(_compared(session.comparison))


def _pointer(session: _Session) -> list[str]:
    return [f"report: {_short(session.run / 'report.html')}"] if session.run else []


def _compared(comparison: "Comparison") -> Iterator[str]:
    yield str(comparison)
    lost = comparison.regressions
    if lost:
        yield f"{comparison.primary}: lost most ({min(_SHOWN, len(lost))} of {len(lost)})"
    for movement in lost[:_SHOWN]:
        yield f"  {movement.a:.2f} → {movement.b:.2f}  {movement.case_id}  {' '.join(movement.user_input.split())}"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that leads which run its workers saw."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    known = session.config.stash[_SESSION]
    if output is not None and known.run is not None:
        output[MARKER] = {"run": str(known.run), "notes": known.notes, "sentences": known.sentences}


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over which run a worker of pytest-xdist saw."""
    came: dict[str, Any] | None = getattr(node, "workeroutput", {}).get(MARKER)
    if came is not None:
        session = node.config.stash[_SESSION]
        session.run, session.sentences = Path(came["run"]), came["sentences"] or session.sentences
        session.notes = [*dict.fromkeys([*session.notes, *came["notes"]])]


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """The run's table, and where its report is; nothing where no test asked for a run."""
    session = config.stash[_SESSION]
    if session.run is None:
        return
    terminalreporter.section("rag-eval")
    width = config.get_terminal_writer().fullwidth
    for line in [*_table(session.run, session.sentences, width), *_pointer(session)]:
        terminalreporter.write_line(line)
    for note in session.notes:
        terminalreporter.write_line(note, yellow=True)


def _table(folder: Path, sentences: Sequence[str], width: int) -> Sequence[str]:
    """The run as `rag-eval show` prints it, and what a comparison says, in lines."""
    import io

    from rich.console import Console

    from rag_eval.handles import open_run
    from rag_eval.reports import terminal

    console = Console(file=io.StringIO(), width=width, no_color=True)
    for part in terminal.run(open_run(folder).summary):
        console.print(part)
    for sentence in sentences:
        console.print(sentence, markup=False, highlight=False)
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def _short(path: Path) -> str:
    """A path from here where it is beneath, so that it can be read."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
