"""`rag-eval runs …`: what is in the list, and what may be done to the runs in it."""

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support import history
from support.history import Past
from support.runs import only, replay, rows
from typer.main import get_command
from typer.testing import CliRunner

from rag_eval import configfile, pipeline, runs
from rag_eval.cli import app, printing
from rag_eval.evaluation import results, session
from rag_eval.evaluation.plan import prepare
from rag_eval.reports import runlist
from rag_eval.runs import tags
from rag_eval.runs.marks import marks

_HEAVY = {
    "rag_eval.journal",
    "rag_eval.records",
    "yaml",
    "numpy",
    "scipy",
    "pyarrow",
    "pandas",
    "mlflow",
    "ragas",
    "jinja2",
    "sqlite3",
    "filelock",
}
RUNS = Path("runs")
"""Where each test's runs are, in a folder of its own."""
_STRONG, _WEAK, _LIMITED, _CUT = (
    "20261123-091500-strong",
    "20261122-091500-weak",
    "20261124-091500-strong",
    "20261125-091500-strong",
)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two whole runs, a newer one with --limit, and the newest, which was cut short."""
    root = tmp_path_factory.mktemp("template") / "runs"
    past = [Past(_WEAK, right=12), Past(_STRONG, right=18), Past(_LIMITED, asked=5, limit=5), Past(_CUT, asked=7)]
    history.make(root, past)
    return root


@pytest.fixture
def four(template: Path, _here: None) -> None:
    """The four runs where the test stands."""
    shutil.copytree(template, RUNS)


def _invoke(*argv: str, stdin: str | None = None) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(argv), input=stdin)
    return result.exit_code, result.stdout, result.stderr


def _listed(*argv: str) -> list[dict[str, Any]]:
    code, out, _ = _invoke("runs", "list", *argv, "--json")
    assert code == 0
    found: list[dict[str, Any]] = json.loads(out)
    return found


def _ids(*argv: str) -> list[str]:
    return [run["id"] for run in _listed(*argv)]


@pytest.mark.usefixtures("four")
def test_the_list_says_what_became_of_each_run() -> None:
    """The newest last: how far it came, its primary metric with an interval, size, tags and baselines."""
    assert _invoke("baseline", "set", "strong", "main")[0] == 0
    assert _invoke("runs", "tag", _WEAK, "keep", "model=gpt-4.1")[1] == f"{_WEAK}: keep, model=gpt-4.1\n"
    code, out, _ = _invoke("runs")
    head, weak, strong, limited, cut, total = (line.split() for line in out.splitlines())
    assert code == 0
    assert head == ["run", "began", "cases", "correctness", "state", "size", "baseline", "tags"]
    assert weak[0] == _WEAK
    assert weak[3:7] == ["20", "0.600", "[0.387,", "0.781]"]
    assert weak[7] == "finished"
    assert weak[-2:] == ["keep,", "model=gpt-4.1"]
    assert strong[-1] == "main"
    assert limited[3:5] == ["5,", "limited"]
    assert cut[3:8] == ["7", "of", "20", "1.000", "unfinished"]
    assert total[:2] == ["4", "runs,"]
    assert _invoke("runs", "list")[1] == out


@pytest.mark.usefixtures("four")
def test_the_list_is_there_for_programs() -> None:
    """With what the table says, in fields of their own."""
    first, *_, last = _listed()
    assert (first["state"], first["cases"], first["planned"], first["primary"]) == ("finished", 20, 20, "correctness")
    assert first["interval"]["low"] < first["value"] < first["interval"]["high"]
    assert first["began"] == datetime(2026, 11, 22, 9, 15, tzinfo=UTC).timestamp()
    assert first["size"] == sum(
        file.stat().st_size for file in (RUNS / _WEAK).iterdir() if file.name != "journal.db-shm"
    )
    assert (last["state"], last["cases"], last["interval"]) == ("unfinished", 7, None)
    assert _listed("--limit", "1") == [last]


_NARROWED = {
    "--name weak": [_WEAK],
    "--name str*": [_STRONG, _LIMITED, _CUT],
    "--state unfinished": [_CUT],
    "--state unfinished --state finished --name strong": [_STRONG, _LIMITED, _CUT],
    "--tag release": [_WEAK, _STRONG],
    "--tag release=2": [_STRONG],
    "--tag release --tag keep": [_STRONG],
    "--limit 2": [_LIMITED, _CUT],
    "--state gates-failed": [_WEAK],
}


@pytest.mark.usefixtures("four")
def test_the_list_is_narrowed() -> None:
    """By experiment, tag, state and number; without `list` too."""
    gate = {"expression": "correctness.mean >= 0.9", "outcome": "failed", "sentence": "fails"}
    summary = RUNS / _WEAK / "summary.json"
    summary.write_text(json.dumps({**json.loads(summary.read_text()), "gates": [gate]}))
    tags.change(runs.RunFolder(RUNS / _WEAK), {"release": "1"})
    tags.change(runs.RunFolder(RUNS / _STRONG), {"release": "2", "keep": ""})
    assert {argv: _ids(*argv.split()) for argv in _NARROWED} == _NARROWED
    assert [run["id"] for run in json.loads(_invoke("runs", "--tag", "keep", "--json")[1])] == [_STRONG]


def test_an_empty_list_says_so() -> None:
    """And how to get a run, or that none is as was asked for."""
    code, out, told = _invoke("runs")
    assert (code, out) == (0, "")
    assert told == "there are no runs in runs/. Make one: rag-eval run FILE\n"
    assert _listed() == []
    history.make(RUNS, [Past(_WEAK, right=12)])
    assert _invoke("runs", "--name", "strong")[2] == "none of the 1 run in runs/ is so\n"


def test_what_is_no_run_does_not_stop_the_list() -> None:
    """Each folder that cannot be read is listed with the reason."""
    history.make(RUNS, [Past(_WEAK, right=12)])
    (RUNS / "20261124-091500-broken").mkdir()
    (RUNS / "20261124-091500-broken" / "journal.db").write_bytes(b"no database at all, but long enough to be one" * 20)
    (RUNS / "notes").mkdir()
    (RUNS / "20261125-091500-strong-ci").mkdir()
    (RUNS / "todo.txt").touch()
    code, out, _ = _invoke("runs")
    assert code == 0
    assert "! 20261124-091500-broken: unreadable: is not a journal of rag-eval: file is not a database" in out
    assert "! notes: unreadable: is not a run: it holds no journal.db" in out
    assert "-ci" not in out
    assert {run["state"] for run in _listed()} == {"finished", "unreadable"}


def test_a_run_that_is_written_to_is_said_to_be() -> None:
    """Also one that had ended and goes on; it can be neither removed nor renamed meanwhile."""
    history.make(RUNS, [Past(_CUT, asked=7)])
    with runs.RunFolder(RUNS / _CUT).write():
        assert [run["state"] for run in _listed()] == ["running"]
        assert "  running  " in _invoke("runs")[1]
        for command in (["rm", _CUT, "--yes"], ["rename", _CUT, "other"]):
            code, _, told = _invoke("runs", *command)
            assert code == 2
            assert "another process is working on this run" in told
        assert _invoke("runs", "prune", "--keep", "0", "--unfinished")[1].startswith("0 runs removed")
    assert [run["state"] for run in _listed()] == ["unfinished"]


@pytest.mark.usefixtures("four")
@pytest.mark.parametrize("width", [40, 80, 100, 200])
def test_no_width_cuts_a_word(width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Two lines a run where one is too long; every word of the wide list is there, on lines that fit."""
    _invoke("runs", "tag", _STRONG, "keep", "model=gpt-4.1", "reviewed-by=somebody.with.a.long.name")
    known = runs.entries(RUNS, marks([]))
    printing.show(runlist.runs(known, len(known)), free=True)
    words = {word.strip(",") for word in capsys.readouterr().out.split()} - {"run", "began", "cases", "baseline"}
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    printing.show(runlist.runs(known, len(known)), free=True)
    out = capsys.readouterr().out
    assert words - {"state", "size", "tags", "correctness"} <= {word.strip(",") for word in out.split()}
    assert max(map(len, out.splitlines())) <= width or width == 40


@pytest.mark.usefixtures("four")
def test_a_run_is_shown_with_its_folder() -> None:
    """What `show` prints, then where it lies, what it holds, and how to go on with it."""
    shown = _invoke("show", _CUT)[1]
    code, out, _ = _invoke("runs", "show", _CUT)
    assert code == 0
    assert out.startswith(shown)
    assert f"folder   runs/{_CUT}," in out
    assert "journal.db" in out
    assert f"resume   rag-eval run --resume runs/{_CUT}\n" in out
    assert "resume" not in _invoke("runs", "show", _STRONG)[1]
    told = json.loads(_invoke("runs", "show", _CUT, "--json")[1])
    assert told["resume"] == f"rag-eval run --resume runs/{_CUT}"
    assert set(told["files"]) >= {"journal.db", "experiment.yaml"}


@pytest.mark.usefixtures("four")
@pytest.mark.parametrize(
    ("command", "expected", "passed"),
    [
        (["show", "latest", "--json"], _CUT, ""),
        (["show", "strong", "--json"], _CUT, ""),
        (["runs", "tag", "latest"], _CUT, ""),
        (
            ["baseline", "set", "strong", "main"],
            _STRONG,
            f"{_CUT} is newer, and passed over (unfinished, 7 of 20 asked)",
        ),
        (["compare", "weak", "strong", "--json"], _STRONG, f"strong is {_STRONG}; {_CUT} is newer"),
        (["compare", "weak", "strong", "--partial", "--json"], _CUT, ""),
        (["gate", "strong", "--gate", "answered >= 0.5", "--json"], _CUT, ""),
    ],
)
def test_a_name_means_the_newest_that_the_command_can_use(command: list[str], expected: str, passed: str) -> None:
    """A run of --limit never stands before a whole one; what was passed over is said on standard error."""
    _, out, told = _invoke(*command)
    assert expected in out
    assert passed in told
    assert ("passed over" in told) == bool(passed)


@pytest.mark.usefixtures("four")
def test_removing_asks_first() -> None:
    """After a no, and where nobody answers, all is as it was; after a yes the runs are gone."""
    assert _invoke("runs", "rm", _WEAK, stdin="n\n")[0] == 0
    code, _, told = _invoke("runs", "rm", _WEAK, stdin="")
    assert code == 2
    assert "Say --yes" in told
    assert len(_ids()) == 4
    code, out, _ = _invoke("runs", "rm", _WEAK, f"runs/{_CUT}", _CUT, stdin="y\n")
    assert code == 0
    assert "2 runs removed" in out
    assert _ids() == [_STRONG, _LIMITED]
    assert sorted(path.name for path in RUNS.iterdir()) == [_STRONG, _LIMITED]


@pytest.mark.usefixtures("four")
def test_what_others_rest_on_is_not_removed() -> None:
    """A baseline's run, also under another id; then nothing is removed, of the other runs neither."""
    _invoke("baseline", "set", "strong", "release-1")
    _invoke("runs", "rename", _STRONG, "other")
    code, out, told = _invoke("runs", "rm", _WEAK, "20261123-091500-other", "--yes")
    assert (code, out) == (2, "")
    assert "is the baseline release-1. To remove it, first: rag-eval baseline rm release-1" in told
    assert len(_ids()) == 4
    _invoke("baseline", "rm", "release-1")
    assert _invoke("runs", "rm", "20261123-091500-other", "--yes")[0] == 0


def test_a_baseline_elsewhere_protects_its_run() -> None:
    """The experiment of a run says where its baselines are; neither `rm` nor `prune` takes the run then."""
    history.make(RUNS, [Past(_WEAK, right=12)], baselines="kept/here")
    assert _invoke("baseline", "set", "weak", "main", "--baselines", "kept/here")[0] == 0
    assert _invoke("runs", "rm", _WEAK, "--yes")[0] == 2
    _, out, _ = _invoke("runs", "prune", "--keep", "0")
    assert out == "0 runs removed, 0 B freed\nprotected, and kept: 1 baseline\n"


@pytest.mark.usefixtures("four")
def test_a_name_of_several_runs_is_not_removed() -> None:
    """`rm strong` might mean any of them."""
    code, _, told = _invoke("runs", "rm", "strong", "--yes")
    assert code == 2
    assert f"strong: stands for 3 runs here, and one must be named: {_STRONG}, {_LIMITED}, {_CUT}" in told
    assert _invoke("runs", "rm", "weak", "--yes")[0] == 0


@pytest.mark.usefixtures("four")
def test_pruning_says_what_goes_and_what_stays() -> None:
    """A dry run removes nothing and says the same; what is protected is counted."""
    _invoke("runs", "tag", _WEAK, "keep")
    code, out, _ = _invoke("runs", "prune", "--keep", "1", "--dry-run")
    assert code == 0
    assert out.splitlines()[0].startswith(f"{_LIMITED}  finished, ")
    assert "1 run would be removed" in out
    assert "protected, and kept: 1 unfinished" in out
    assert len(_ids()) == 4
    told = json.loads(_invoke("runs", "prune", "--keep", "0", "--json", "--unfinished")[1])
    assert [run["id"] for run in told["removed"]] == [_STRONG, _LIMITED, _CUT]
    assert told["staying"] == {"tagged": 1}
    assert told["size"] == sum(run["size"] for run in told["removed"])
    assert _ids() == [_WEAK]


def test_pruning_goes_by_age() -> None:
    """Of runs on both sides of a border, the older one goes."""
    now = datetime.now(UTC)
    ages = {"a": timedelta(days=31), "b": timedelta(days=29), "c": timedelta(hours=13), "d": timedelta(minutes=95)}
    history.make(RUNS, [Past(f"20200101-000000-{name}", began=now - age) for name, age in ages.items()])
    for age, left in {"5w": "abcd", "30d": "bcd", "2w": "cd", "12h": "d", "90m": ""}.items():
        assert _invoke("runs", "prune", "--older-than", age)[0] == 0
        assert [run[-1] for run in _ids()] == [*left]


_MISTAKES = {
    "prune": "Say --keep N, --older-than 30d, or both",
    "prune --older-than month": "expected a number and m, h, d or w",
    "tag strong =b": "is no tag",
    "tag weak --remove nothing": "has no tag 'nothing'; it has: none",
    "rename strong feature/x": "'feature/x' cannot name a folder of a run",
    f"rename {_STRONG} 20261124-091500-x": "a run keeps its time",
    "rm nobody": "nobody: is no run",
    "show nobody": "nobody: is no run",
}


@pytest.mark.usefixtures("four")
def test_mistakes_are_told_of() -> None:
    """In a sentence, with exit code 2, and nothing has changed."""
    before = _listed()
    for argv, message in _MISTAKES.items():
        code, _, told = _invoke("runs", *argv.split())
        assert code == 2, argv
        assert message in told
    assert _listed() == before


@pytest.mark.usefixtures("four")
def test_a_renamed_run_is_all_of_it_renamed() -> None:
    """Journal, summary and reports say the new name, its time stays, and its former id still finds it."""
    _invoke("runs", "tag", _STRONG, "keep")
    code, out, _ = _invoke("runs", "rename", _STRONG, "reranker")
    new = RUNS / "20261123-091500-reranker"
    assert (code, out) == (0, f"{_STRONG} is now {new.name}\n")
    assert json.loads((new / "summary.json").read_text())["run_id"] == new.name
    assert json.loads((new / "summary.json").read_text())["name"] == "reranker"
    for report in ("report.md", "report.html"):
        assert new.name in (new / report).read_text()
        assert _STRONG not in (new / report).read_text()
    assert [run["tags"] for run in _listed("--name", "reranker")] == [{"keep": ""}]
    for name in (_STRONG, f"runs/{_STRONG}", "reranker", new.name):
        assert json.loads(_invoke("show", name, "--json")[1])["run_id"] == new.name
    assert _invoke("compare", "weak", "reranker")[0] == 0


def test_a_run_is_named_on_the_command_line(tmp_path: Path) -> None:
    """In place of what the file says, which may then hold a variable that is not set; a resumed run has its name."""
    file = tmp_path / "v.yaml"
    assert replay(tmp_path, "v", rows(2), mlflow={"enabled": False}, metrics=["latency"]).exit_code == 0
    file.write_text(file.read_text().replace("name: v", "name: ${NOBODY_SET_THIS}"))
    code, _, told = _invoke("run", str(file), "-q")
    assert code == 2
    assert "name: ${NOBODY_SET_THIS}: environment variable NOBODY_SET_THIS is not set" in told
    assert _invoke("run", str(file), "-q", "--name", "a/b")[0] == 2
    assert _invoke("run", str(file), "-q", "--name", "reranker-v2")[0] == 0
    made = only(tmp_path, "reranker-v2")
    assert results.summary_of(runs.RunFolder(made)).name == "reranker-v2"
    assert "--resume goes on with a run that has a name" in _invoke("run", "--resume", str(made), "--name", "x")[2]


def test_a_run_is_named_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its folder holds the name as it was, so that it can be gone on with where the variable is another.

    From when it is gone on with to its end, the journal alone says how far it is.
    """
    assert replay(tmp_path, "v", rows(2), mlflow={"enabled": False}, metrics=["latency"]).exit_code == 0
    file = tmp_path / "v.yaml"
    file.write_text(file.read_text().replace("name: v", "name: nightly-${BRANCH}"))
    monkeypatch.setenv("BRANCH", "main")
    finished = pipeline.run(configfile.load(file))
    monkeypatch.delenv("BRANCH")
    folder = runs.RunFolder(finished.result.folder)
    assert folder.id.endswith("-nightly-main")
    plan = prepare(configfile.load(folder.experiment))
    assert folder.summary.is_file()
    with session.begin(plan, folder):
        assert not folder.summary.exists()
        assert runs.outline_of(folder).ended


_COMPLETED = {
    "rag-eval show ": {"latest", "strong", "weak", _STRONG, _WEAK, _LIMITED, _CUT},
    "rag-eval show st": {"strong"},
    "rag-eval show 2026112": {_STRONG, _WEAK, _LIMITED, _CUT},
    "rag-eval show --runs nowhere l": set(),
    "rag-eval show -o runs we": {"weak"},
    "rag-eval compare w": {"weak"},
    "rag-eval compare main st": {"strong"},
    "rag-eval compare ma": {"main"},
    "rag-eval gate w": {"weak"},
    "rag-eval gate p": {"prove"},
    "rag-eval gate strong --against ma": {"main"},
    "rag-eval gate prove e.yaml --run st": {"strong"},
    "rag-eval sync w": {"weak"},
    "rag-eval baseline set w": {"weak"},
    "rag-eval baseline set weak ma": {"main"},
    "rag-eval baseline rm ma": {"main"},
    "rag-eval run --resume 20261125": {_CUT},
    "rag-eval run e.yaml --against ma": {"main"},
    "rag-eval dataset check d --run w": {"weak"},
    "rag-eval runs ": {"list", "show", "rm", "prune", "rename", "tag"},
    "rag-eval runs show w": {"weak"},
    "rag-eval runs rm weak st": {"strong"},
    "rag-eval runs rename w": {"weak"},
    "rag-eval runs tag w": {"weak"},
    "rag-eval runs list --state gates": {"gates-failed", "gates-undecided"},
}


def _complete(line: str) -> set[str]:
    words = line.split(" ")
    environ = {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1), "_RAG_EVAL_COMPLETE": "complete_bash"}
    return set(CliRunner().invoke(app, [], env=environ, prog_name="rag-eval").stdout.split())


@pytest.mark.usefixtures("four")
def test_a_shell_completes_the_names_of_runs() -> None:
    """For every command that takes a run or a baseline."""
    _invoke("baseline", "set", "strong", "main")
    assert {line: _complete(line) for line in _COMPLETED} == _COMPLETED


def test_completing_a_name_is_quick(tmp_path: Path) -> None:
    """None of the heavy libraries is loaded for it, nor a record of ours, as somebody waits for a key press."""
    (tmp_path / "runs" / _STRONG).mkdir(parents=True)
    (tmp_path / "runs" / _STRONG / "journal.db").touch()
    code = (
        "import sys; sys.argv[0] = 'rag-eval'\nfrom rag_eval.cli import main\ntry:\n    main()\n"
        "finally:\n    print(*sys.modules, file=sys.stderr)"
    )
    environ = {"COMP_WORDS": "rag-eval show st", "COMP_CWORD": "2", "_RAG_EVAL_COMPLETE": "complete_bash"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environ},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["strong"]
    assert not _HEAVY & set(done.stderr.split())


def _options(command: Any, path: str = "rag-eval") -> list[tuple[str, Any]]:
    own = [(path, parameter) for parameter in command.params if "-o" in parameter.opts]
    beneath = getattr(command, "commands", {}).items()
    return own + [pair for name, inner in beneath for pair in _options(inner, f"{path} {name}")]


def test_o_means_the_same_in_every_command() -> None:
    """Where the result is written; the two commands in which it was something else still take it, unseen."""
    found = _options(get_command(app))
    assert {path for path, option in found if option.hidden} == {"rag-eval show", "rag-eval sync"}
    shown = {path: option.help or "" for path, option in found if not option.hidden}
    assert len(shown) >= 8
    for path, about in shown.items():
        assert any(word in about for word in ("write", "written", "for the parts", "for the traces")), path
        assert "--output" in next(option.opts for own, option in found if own == path), path


def test_the_former_spelling_of_the_folder_of_runs_still_works() -> None:
    """`show -o DIR` and `--output DIR`, as well as `--runs DIR`."""
    history.make(Path("elsewhere"), [Past(_WEAK, right=12)])
    shown = [_invoke("show", "weak", option, "elsewhere") for option in ("--runs", "-o", "--output")]
    assert shown[0][0] == 0
    assert shown[0] == shown[1] == shown[2]
