"""What surrounds the load itself: folders, answers that were kept, results that are written and read again."""

import json
from pathlib import Path
from typing import Any

import pytest
from support import samples as records
from support.loading import OVER, plan, sample

from rag_eval import config
from rag_eval.errors import ConfigError, MismatchError, UnreachableError, UsageError
from rag_eval.loadtest import processes, runner
from rag_eval.loadtest.plan import dump_line
from rag_eval.loadtest.processes import Spread
from rag_eval.loadtest.result import LoadTestResult, Quality
from rag_eval.loadtest.runner import LoadOptions
from rag_eval.loadtest.samples import ANSWERS
from rag_eval.loadtest.summary import sum_up
from rag_eval.records import Answer, Case

_RESULT = LoadTestResult(load=sum_up(plan(), [*(sample(at=n / 10) for n in range(95)), OVER]))


def experiment(folder: Path, url: str = "http://127.0.0.1:9/q", **load: Any) -> config.Experiment:
    """An experiment with two questions, whose service is not there."""
    rows = [{"id": f"c{n}", "user_input": f"Question {n}?"} for n in range(2)]
    (folder / "questions.jsonl").write_text("".join(map(dump_line, rows)))
    target = {"kind": "http", "url": url, "retries": 0, "timeout": 1}
    return config.Experiment.model_validate(
        {
            "name": "ferries",
            "dataset": str(folder / "questions.jsonl"),
            "target": target,
            "metrics": ["latency"],
            "load": load,
        }
    )


def keep(folder: Path, *answers: tuple[str, str]) -> None:
    """Write down answers to cases, as the processes that make load do."""
    lines = [{"case": case, "body": body, "asked_at": 5.0, "seconds": 0.5} for case, body in answers]
    (folder / ANSWERS).write_text("".join(map(dump_line, lines)), encoding="utf-8")


def test_each_test_has_a_folder_of_its_own(tmp_path: Path) -> None:
    """For its owner alone, as it holds questions and answers; two of one second differ by a number."""
    made = [runner._folder(tmp_path / "deep" / "loads", "ferries") for _ in range(3)]
    assert len(set(made)) == 3
    assert all(path.stat().st_mode & 0o777 == 0o700 for path in made)
    assert all(path.name[16:].startswith("ferries") for path in made)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """With why."""
    (tmp_path / "loads").write_text("a file")
    with pytest.raises(UsageError, match=rf"^{tmp_path}/loads/more: cannot be made: Not a directory"):
        runner._folder(tmp_path / "loads" / "more", "ferries")


def test_a_file_in_the_place_of_the_folder_of_load_tests(tmp_path: Path) -> None:
    """Is told of as what it is, and not as a thousand tests that began in one second."""
    (tmp_path / "loads").write_text("a file")
    with pytest.raises(UsageError, match="cannot be made"):
        runner._folder(tmp_path / "loads", "ferries")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("x"), SystemExit(1)])
def test_a_test_that_comes_to_nothing_leaves_nothing(tmp_path: Path, error: BaseException) -> None:
    """However it was stopped before it began."""
    folder = tmp_path / "load"
    folder.mkdir()
    (folder / "plan.json").write_text("{}")
    with pytest.raises(type(error)), runner._nothing_left(folder):
        raise error
    assert not folder.exists()


def test_a_test_that_begins_keeps_its_folder(tmp_path: Path) -> None:
    """Nothing is taken away where nothing went wrong."""
    with runner._nothing_left(tmp_path):
        (tmp_path / "plan.json").write_text("{}")
    assert (tmp_path / "plan.json").exists()


def test_a_service_that_is_not_there_is_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One question at rest says so before any load is made, and no folder is left of it."""
    monkeypatch.setattr(processes, "generate", lambda *_: pytest.fail("load was made"))
    with pytest.raises(UnreachableError, match=r"^not loaded: one question at rest got no answer: "):
        runner.run(experiment(tmp_path), tmp_path / "loads")
    assert list((tmp_path / "loads").iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"target": {"kind": "replay", "path": "a.jsonl"}}, "replay"),
        ({"target": {"kind": "http", "url": "https://rag.example.com/q"}}, "rag.example.com may not be loaded"),
    ],
)
def test_what_cannot_be_loaded_leaves_nothing(tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    """It is refused before the service is asked, and the folder that was made for it goes."""
    (tmp_path / "a.jsonl").write_text('{"user_input": "Q?", "response": "A."}\n')
    changed = config.Experiment.model_validate({**experiment(tmp_path).model_dump(exclude_unset=True), **changes})
    with pytest.raises((ConfigError, UsageError), match=says):
        runner.run(changed, tmp_path / "loads")
    assert not (tmp_path / "loads").exists() or list((tmp_path / "loads").iterdir()) == []


def test_a_worker_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder that it works in is there while it works, with the questions in it, and gone afterwards."""
    folders: list[Path] = []

    def work(folder: Path, master: str, timeout: float) -> None:
        folders.append(folder)
        assert (master, timeout) == ("here:1", 1.0)
        assert len((folder / "cases.jsonl").read_text().splitlines()) == 1

    monkeypatch.setattr(processes, "join", work)
    runner.join(experiment(tmp_path), "here:1", LoadOptions(spread=Spread(), limit=1))
    assert not folders[0].exists()


def test_answers_that_were_kept_stand_in_the_order_of_the_dataset(tmp_path: Path) -> None:
    """Read as the target reads them; those that hold no answer, or are of no case, are left out."""
    keep(
        tmp_path,
        ("c2", '{"answer": "second"}'),
        ("c0", '{"answer": "first"}'),
        ("c1", "***"),
        ("c9", '{"answer": "?"}'),
    )
    cases = {f"c{n}": Case(id=f"c{n}", user_input="Q?") for n in range(3)}
    kept = runner._sampled_answers(plan(), cases, tmp_path)
    assert [(case.id, answer.response) for case, answer in kept] == [("c0", "first"), ("c2", "second")]
    assert [(answer.latency_s, answer.asked_at) for _, answer in kept] == [(0.5, 5.0)] * 2


def test_nothing_is_scored_where_nothing_can_be(tmp_path: Path) -> None:
    """Without an answer there is nothing to score, nor with times alone, which the test has of its own."""
    cases = [Case(id="c0", user_input="Q?")]
    assert runner._quality(experiment(tmp_path), plan(), cases, tmp_path) is None
    keep(tmp_path, ("c0", '{"answer": "first"}'))
    assert runner._quality(experiment(tmp_path), plan(), cases, tmp_path) is None
    assert not (tmp_path / "asked.jsonl").exists()


def test_an_answer_under_load_is_a_row_of_its_own() -> None:
    """With the question and what was brought to it, and nothing of what is known to be right."""
    case = Case(id="c", user_input="Q?", reference="right", tags=("x",))
    answer = Answer(response="é", retrieved_contexts=("a", "b"), latency_s=0.5, attempts=3, metadata={"k": 1})
    assert runner._row(case, answer) == {
        "id": "c", "user_input": "Q?", "response": "é", "retrieved_contexts": ["a", "b"], "latency_s": 0.5,
    }  # fmt: skip


def test_a_result_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Beside its page."""
    quality = Quality(sample=3, at_rest="a", under_load="b", comparison=records.comparison(), worse=("faithfulness",))
    result = _RESULT.model_copy(update={"quality": quality})
    assert runner._write(result, tmp_path) == result
    assert runner.reopen(tmp_path) == result
    assert (tmp_path / "report.html").read_text().startswith("<!doctype html>")


@pytest.mark.parametrize("text", [None, "", "{", "[]", "{}", '{"load": 1}', "\xff"])
def test_what_is_no_load_test_is_named(tmp_path: Path, text: str | None) -> None:
    """Whatever stands in its place, or does not."""
    if text is not None:
        (tmp_path / runner.RESULT).write_text(text, encoding="latin-1")
    with pytest.raises(MismatchError, match=rf"^{tmp_path}: is no load test: "):
        runner.reopen(tmp_path)


def test_a_test_that_no_tracker_wants_has_no_link(tmp_path: Path) -> None:
    """Nor is anybody told that one is missing."""
    off = experiment(tmp_path).model_copy(update={"mlflow": config.MlflowConfig(enabled=False)})
    finished = runner.track(off, _RESULT, tmp_path)
    assert (finished.loaded, finished.folder) == (_RESULT, tmp_path)
    assert (finished.link, finished.untracked, finished.needs_ui) == (None, None, False)


def test_lines_are_written_as_json(tmp_path: Path) -> None:
    """One row a line, also none."""
    runner._write_lines(tmp_path / "a", [{"a": "é\n"}, {"b": None}])
    assert [json.loads(line) for line in (tmp_path / "a").read_text("utf-8").splitlines()] == [
        {"a": "é\n"},
        {"b": None},
    ]
    runner._write_lines(tmp_path / "a", [])
    assert (tmp_path / "a").read_text() == ""
