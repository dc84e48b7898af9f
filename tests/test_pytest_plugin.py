"""The pytest plugin, in projects of strangers: what their tests see, and what they are told."""

import ensurepip
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from support.runs import COUNT, only, weak_and_strong
from typer.testing import CliRunner

import rag_eval
from rag_eval import gates, runs
from rag_eval.cli import app
from rag_eval.evaluation import results

pytest_plugins = "pytester"

SUITE = """
def test_sources_are_found(rag_eval_run):
    assert rag_eval_run.passes("recall@5.mean >= 0.9")

def test_answers_come(rag_eval_run):
    assert rag_eval_run.passes("answered >= 0.9")

def test_something_else():
    assert True
"""
COMPARING = """
def test_nothing_is_lost(rag_eval_comparison):
    assert rag_eval_comparison.verdict != "worse"

def test_little_is_lost(rag_eval_run):
    assert rag_eval_run.passes("recall@5.drop_vs(main) <= 0.05")
"""


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a weaker and a stronger run, the latter also as the baseline `main`."""
    root = tmp_path_factory.mktemp("two")
    weak_and_strong(root)
    strong = runs.RunFolder(only(root, "strong"))
    gates.keep(strong, results.summary_of(strong), "main", root / "baselines")
    return root


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project of somebody with one file of tests."""
    monkeypatch.setenv("COLUMNS", "120")
    pytester.makepyfile(test_quality=SUITE)
    return pytester


def _run(project: pytest.Pytester, *options: str | Path) -> pytest.RunResult:
    """Run its tests in this process, with the plugin and no other, however it is installed here."""
    alone = ("--disable-plugin-autoload", "-p", "rag_eval.pytest_plugin", "-p", "no:cacheprovider")
    return project.runpytest_inprocess(*alone, *options)


@pytest.mark.slow
def test_a_test_that_fails_says_why(project: pytest.Pytester, two: Path) -> None:
    """The gate's sentence in the assertion; beneath it the worst questions with their answers, and the report."""
    ended = _run(project, "--rag-eval-run", only(two, "weak"))
    ended.assert_outcomes(passed=2, failed=1)
    ended.stdout.fnmatch_lines([
        f"rag-eval: {only(two, 'weak')}",
        "E*assert <recall@5.mean ≥ 0.9: fails: 0.46 [[]*[]], 24 questions, 1 without an answer count as 0>",
        "*- rag-eval: gates -*",
        "recall@5.mean ≥ 0.9: fails: 0.46 *",
        "  0.00  case-0  What does the ferry to island 0 cost?",
        "        no answer: not_captured",
        "  0.00  case-12  What does the ferry to island 12 cost?",
        "        answer: The ferry to island 12 costs 12 pounds.",
        f"report: {only(two, 'weak') / 'report.html'}",
    ])  # fmt: skip
    assert "answered ≥ 0.9" not in ended.stdout.str(), "what another test checked is not this one's matter"


@pytest.mark.slow
def test_the_session_ends_with_the_run(project: pytest.Pytester, two: Path) -> None:
    """Its table as `rag-eval show` prints it, and where the report is."""
    ended = _run(project, "--rag-eval-run", only(two, "weak"), "-k", "answers_come")
    ended.assert_outcomes(passed=1, deselected=2)
    ended.stdout.fnmatch_lines(
        ["=* rag-eval =*", "*recall@5 *0.478*", "23 of 24 cases answered*", "report: */report.html"]
    )


@pytest.mark.slow
def test_without_a_run_it_is_an_error_that_says_how_to_give_one(project: pytest.Pytester) -> None:
    """And no skip, which nobody would notice; other tests run, and a mark leaves those out that need a run."""
    ended = _run(project)
    ended.assert_outcomes(passed=1, errors=2)
    ended.stdout.fnmatch_lines(["this test needs a run*", "*pytest --rag-eval EXPERIMENT.yaml*", '*-m "not rag_eval"*'])
    assert "rag-eval: " not in ended.stdout.str()
    assert "Traceback" not in ended.stdout.str()
    _run(project, "-m", "not rag_eval", "--strict-markers").assert_outcomes(passed=1, deselected=2)


@pytest.mark.slow
def test_a_session_that_asks_for_no_run_is_as_before(pytester: pytest.Pytester, two: Path) -> None:
    """No section, and nothing is run, although an experiment is named."""
    pytester.makepyfile(test_other="def test_other(): pass")
    ended = _run(pytester, "--rag-eval", two / "weak.yaml")
    ended.assert_outcomes(passed=1)
    ended.stdout.no_fnmatch_line("*= rag-eval =*")
    assert not (pytester.path / "runs").exists()


@pytest.mark.slow
def test_the_run_is_made_once(project: pytest.Pytester, two: Path) -> None:
    """For all tests together, where pytest was called, with warnings of libraries not counted as the tests' own."""
    (project.path / "weak.yaml").write_text((two / "weak.yaml").read_text().replace(f"runs: {two}/runs", "runs: made"))
    ended = _run(project, "--rag-eval", "weak.yaml", "-W", "error")
    ended.assert_outcomes(passed=2, failed=1)
    ended.stdout.fnmatch_lines(
        ["rag-eval: weak.yaml, asked when a test first needs it", "report: made/*-weak/report.html"]
    )
    assert len([*(project.path / "made").iterdir()]) == 1


@pytest.mark.slow
def test_the_configuration_file_names_the_experiment(project: pytest.Pytester, two: Path) -> None:
    """From its own folder, wherever pytest is called; an option wins."""
    (project.path / "weak.yaml").write_text((two / "weak.yaml").read_text().replace(f"runs: {two}/runs", "runs: made"))
    project.makeini(f"[pytest]\nrag_eval_experiment = weak.yaml\nrag_eval_against = {two}/baselines/main\n")
    project.makepyfile(test_quality=COMPARING)
    (project.path / "below").mkdir()
    project.chdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project.path / "below")
        ended = _run(project, "..")
        ended.assert_outcomes(failed=2)
        taken = _run(project, "..", "--rag-eval-run", only(two, "strong"))
    taken.assert_outcomes(passed=2)
    assert len([*(project.path / "made").iterdir()]) == 1


@pytest.mark.slow
def test_what_is_compared_with_stands_for_every_baseline(project: pytest.Pytester, two: Path) -> None:
    """A test of the comparison that fails says what was lost, and the session ends with the verdict."""
    project.makepyfile(test_quality=COMPARING)
    ended = _run(project, "--rag-eval-run", only(two, "weak"), "--rag-eval-against", only(two, "strong"))
    ended.assert_outcomes(failed=2)
    ended.stdout.fnmatch_lines([
        "E*where 'worse' = <Comparison: weak is worse than strong:*",
        "*- rag-eval: comparison -*",
        "recall@5: lost most (5 of 12)",
        "  1.00 → 0.00  case-12  What does the ferry to island 12 cost?",
        "E*recall@5.drop_vs(main) ≤ 0.05: fails: *in place of main>",
        "  1.00 → 0.00  case-12  What does the ferry to island 12 cost?",
        "=* rag-eval =*",
        "weak is worse than strong: *",
    ])  # fmt: skip
    alone = _run(project, "--rag-eval-run", only(two, "weak"), "-k", "nothing")
    alone.assert_outcomes(errors=1, deselected=1)
    alone.stdout.fnmatch_lines(["this test compares, and nothing says with what*", "*--rag-eval-against NAME*"])


@pytest.mark.slow
def test_a_run_that_is_passed_over_is_named(project: pytest.Pytester, two: Path) -> None:
    """A newer one that was limited stands for no dataset, and is not taken silently for the one that does."""
    shutil.copytree(two / "runs", project.path / "runs")
    said = (two / "weak.yaml").read_text().replace(f"runs: {two}/runs", "runs: runs")
    (project.path / "weak.yaml").write_text(said)
    limited = CliRunner().invoke(app, ["run", "weak.yaml", "--limit", "4", "--no-gates", "-q"])
    assert "4 cases" in limited.output, limited.output
    ended = _run(project, "--rag-eval-run", "weak")
    ended.assert_outcomes(passed=2, failed=1)
    ended.stdout.fnmatch_lines(["23 of 24 cases answered*", "weak is *-weak; *-weak* is newer, and passed over (*)"])
    with pytest.warns(UserWarning, match="is newer, and passed over"):
        assert rag_eval.open_run("weak").summary.planned == COUNT


@pytest.mark.slow
def test_a_mistake_is_shown_where_the_test_makes_it(project: pytest.Pytester, two: Path) -> None:
    """A gate that cannot be meant is an error with a hint, without the inside of this package."""
    project.makepyfile(test_quality='def test_it(rag_eval_run):\n    assert rag_eval_run.passes("recal@5.mean >= 1")\n')
    ended = _run(project, "--rag-eval-run", only(two, "weak"))
    ended.assert_outcomes(failed=1)
    ended.stdout.fnmatch_lines(["E*Did you mean recall@5?*", "test_quality.py:2: ConfigError"])
    assert "handles.py" not in ended.stdout.str()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--rag-eval", "nowhere.yaml"], "*--rag-eval: *nowhere.yaml: there is no such file*"),
        (["--rag-eval", "weak.yaml", "--rag-eval-run", "weak"], "*give one of the two*"),
    ],
)
def test_what_cannot_be_meant_ends_the_session_at_once(project: pytest.Pytester, options: list[str], says: str) -> None:
    """As every wrong option does."""
    ended = _run(project, *options)
    assert ended.ret == pytest.ExitCode.USAGE_ERROR
    ended.stderr.fnmatch_lines([says])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("experiment", "says"),
    [
        (
            "name: x\ndataset: nowhere.jsonl\ntarget: {kind: replay}\nmetrics: [latency]\n",
            "rag-eval: dataset.path: nowhere.jsonl*",
        ),
        (
            "name: x\ndatset: rows.jsonl\ntarget: {kind: replay}\n",
            "x.yaml:2: datset: no such key. Did you mean dataset?",
        ),
    ],
)
def test_a_run_that_cannot_be_made_is_an_error_in_a_sentence(
    project: pytest.Pytester, experiment: str, says: str
) -> None:
    """Of each test that asks for it, without a traceback."""
    (project.path / "x.yaml").write_text(experiment)
    ended = _run(project, "--rag-eval", "x.yaml")
    ended.assert_outcomes(passed=1, errors=2)
    ended.stdout.fnmatch_lines([says])
    assert "Traceback" not in ended.stdout.str()
    assert "exception" not in ended.stdout.str()
    unknown = _run(project, "--rag-eval-run", "nobody")
    unknown.stdout.fnmatch_lines(["rag-eval: nobody: is no run. There are no runs in runs/*"])


STOPPED = """
import asyncio, os, signal

class Target:
    async def answer(self, case):
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.Event().wait()
"""


@pytest.mark.slow
def test_whoever_stops_the_run_stops_the_session(project: pytest.Pytester) -> None:
    """With Ctrl-C, and is told how to go on with the run."""
    project.makepyfile(stopped=STOPPED)
    (project.path / "rows.jsonl").write_text('{"question": "When?"}')
    said = "name: x\ndataset: rows.jsonl\ntarget: {kind: custom, use: 'stopped:Target'}\nmetrics: [latency]\n"
    (project.path / "x.yaml").write_text(said)
    project.syspathinsert()
    ended = _run(project, "--rag-eval", "x.yaml")
    assert ended.ret == pytest.ExitCode.INTERRUPTED
    ended.stdout.fnmatch_lines(
        ["*stopped; 0 cases are kept in runs/*-x", "Go on with: rag-eval run --resume runs/*-x*"]
    )


@pytest.mark.slow
def test_the_page_about_it_says_what_is_so(project: pytest.Pytester, two: Path, repository: Path) -> None:
    """Its tests pass on the stronger run, and on the weaker one they say what it shows."""
    page = (repository / "docs" / "pytest.md").read_text()
    project.makepyfile(test_quality="\n\n".join(re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)))
    better = _run(project, "--rag-eval-run", only(two, "strong"), "--rag-eval-against", only(two, "weak"))
    better.assert_outcomes(passed=5)
    worse = _run(project, "--rag-eval-run", only(two, "weak"), "-k", "sources")
    [shown] = re.findall(r"```\n(>.*?)```", page, flags=re.DOTALL)
    for line in shown.splitlines():
        assert line == "…" or line.strip("-> ").removeprefix("E ").strip() in worse.stdout.str().replace(
            " AssertionError:", ""
        )


def test_whoever_does_not_use_it_loads_nothing_for_it() -> None:
    """In a session with the plugin nothing of this package is imported but it and its version, and nothing heavy."""
    code = (
        "import sys, pytest\nbefore = {*sys.modules}\nimport rag_eval.pytest_plugin\n"
        "print(sorted({*sys.modules} - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['rag_eval', 'rag_eval._version', 'rag_eval.pytest_plugin']"


@pytest.mark.slow
@pytest.mark.installs
def test_a_stranger_installs_the_wheel(tmp_path: Path, repository: Path) -> None:
    """In an environment of its own pytest finds the plugin; the workers of pytest-xdist see one run, and say why."""
    pytest.importorskip("hatchling", reason="builds the wheel; it is one of the requirements of `dev`")
    python = _environment(tmp_path, repository)
    project = tmp_path / "project"
    weak_and_strong(project)
    shutil.rmtree(project / "runs")
    (project / "test_quality.py").write_text(SUITE)
    others = [
        f"-pno:{name}" for name in ("cacheprovider", "schemathesis", "langsmith_plugin", "hypothesispytest", "locust")
    ]
    command = [str(python), "-m", "pytest", "--rag-eval", "weak.yaml", "-n", "2", *others]
    done = subprocess.run(command, capture_output=True, text=True, cwd=project, env=_bare(), check=False)
    lines = done.stdout.splitlines()
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    assert "rag-eval: weak.yaml, asked when a test first needs it" in lines
    assert "  0.00  case-12  What does the ferry to island 12 cost?" in lines
    assert f"report: {only(project, 'weak').relative_to(project)}/report.html" in lines, "there is one run"
    assert lines[-1].strip("= ").startswith("1 failed, 2 passed in ")


def _environment(folder: Path, repository: Path) -> Path:
    """The interpreter of an environment that has the built wheel, and beneath it the libraries of this one."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist")]
    subprocess.run(build, cwd=repository, check=True, capture_output=True)
    [wheel] = (folder / "dist").glob("rag_eval-*.whl")
    venv.create(folder / "venv")
    python = folder / "venv" / "bin" / "python"

    def call(*arguments: str) -> str:
        command, bare = [str(python), *arguments], _bare()
        return subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder, env=bare).stdout.strip()

    [pip] = (Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl")
    call(f"{pip}/pip", "install", "--no-deps", "--no-index", "--no-compile", "--disable-pip-version-check", str(wheel))
    own = Path(call("-c", "import sysconfig; print(sysconfig.get_path('purelib'))"))
    (own / "beneath.pth").write_text(sysconfig.get_path("purelib"))
    assert Path(call("-c", "import rag_eval; print(rag_eval.__file__)")).is_relative_to(own)
    return python


def _bare() -> dict[str, str]:
    """The environment without what leads to this checkout."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTEST_ADDOPTS")}
