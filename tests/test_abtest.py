"""Two versions of a system in one job: asked alike, kept apart, and one verdict."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from support import samples
from support.answering import answering
from support.replays import experiment
from support.runs import rows

from rag_eval import abtest, config, gates
from rag_eval.errors import Interruption, MismatchError, UnreachableError, UsageError
from rag_eval.evaluation import engine, results, session
from rag_eval.records import ANSWERED
from rag_eval.runs import RunFolder, names


@pytest.fixture(autouse=True)
def _own_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")


def _own(folder: Path, *, count: int = 12, wrong: int = 0, **settings: Any) -> config.Experiment:
    fails = {f"case_{n}": "wrong" for n in range(wrong)}
    return experiment(folder, *rows(count), **{"target": answering(**fails), **settings})


def _folders(folder: Path) -> list[str]:
    return sorted(path.name.partition("-x")[2] for path in (folder / "runs").glob("*-x*"))


def test_each_version_becomes_a_run_of_its_own(tmp_path: Path) -> None:
    """With everything that a run has, under a name that tells which it is; and a folder for what is made of both."""
    result = abtest.run(_own(tmp_path), _own(tmp_path, wrong=12))
    base, head = (RunFolder(part.result.folder) for part in (result.base, result.head))
    assert (base.id.rpartition("-")[2], head.id.rpartition("-")[2]) == ("base", "head")
    for folder in (base, head):
        assert results.summary_of(folder).finished
        assert folder.html.stat().st_size > 0
    assert result.folder.is_dir()
    assert result.folder not in (base.path, head.path)
    assert (result.comparison.a, result.comparison.b) == (base.id, head.id)


def test_the_head_is_held_to_the_base_by_what_it_lost(tmp_path: Path) -> None:
    """Whatever the baselines of its gates are called; nobody has to have made one before."""
    text = "recall@5.drop_vs(main) <= 0.05"
    worse = abtest.run(_own(tmp_path), _own(tmp_path, wrong=12, gates=[text]))
    assert [(gate.expression, gate.outcome) for gate in worse.comparison.gates] == [(text, "failed")]
    assert worse.head.result.summary.gates == worse.comparison.gates
    assert worse.base.result.summary.gates == ()
    assert not worse.implied


def test_without_gates_answers_and_the_primary_metric_must_not_drop(tmp_path: Path) -> None:
    """The gates are told to stand in for some; those of the base have no say."""
    result = abtest.run(_own(tmp_path, gates=["recall@5.mean >= 1"]), _own(tmp_path))
    assert result.implied
    assert {gate.expression.partition(".")[0] for gate in result.comparison.gates} == {"recall@5", ANSWERED}


def test_what_got_no_answer_or_no_score_is_named(tmp_path: Path) -> None:
    """Of the head: the base is what there is already."""
    head = _own(tmp_path, target=answering(case_3="timeout"))
    result = abtest.run(_own(tmp_path, target=answering(case_1="timeout")), head)
    assert [(lost.case_id, lost.reason) for lost in result.failed] == [("case-3", "timeout")]


def test_a_limit_is_kept_by_both(tmp_path: Path) -> None:
    """And both say so."""
    result = abtest.run(_own(tmp_path), _own(tmp_path), abtest.AbOptions(limit=3))
    assert [part.result.summary.cases for part in (result.base, result.head)] == [3, 3]


def test_progress_is_that_of_both_together(tmp_path: Path) -> None:
    """Twice the questions of one, in one display, that is told of each event of either."""
    starts: list[session.RunStart] = []
    events: list[engine.CaseEvent] = []

    @contextmanager
    def display(start: session.RunStart) -> Iterator[session.Watch]:
        starts.append(start)
        assert start.usage().calls == 0
        yield events.append

    abtest.run(_own(tmp_path, count=4), _own(tmp_path, count=4), display=display)
    (start,) = starts
    assert start.survey.total == 8
    assert sum(event.kind == "answered" for event in events) == 8


@pytest.mark.parametrize(
    ("change", "because"),
    [
        ({"judge": {"kind": "openai", "model": "m"}}, "judges differ in kind"),
        ({"count": 11}, "datasets differ"),
    ],
)
def test_two_that_would_not_be_measured_alike_are_refused(tmp_path: Path, change: dict[str, Any], because: str) -> None:
    """Before either is asked; nothing is left behind."""
    base = _own(tmp_path)
    (tmp_path / "other").mkdir()
    head = _own(tmp_path / "other", **change)
    with pytest.raises(MismatchError, match=f"base and head cannot be asked side by side: .*{because}"):
        abtest.run(base, head)
    assert _folders(tmp_path) == []


def test_two_that_ask_each_question_otherwise_often_are_refused(tmp_path: Path) -> None:
    """Both numbers are told."""
    live = {"kind": "http", "url": "http://127.0.0.1:9/"}
    base, head = (_own(tmp_path, target={**live, "repeats": times}) for times in (1, 3))
    with pytest.raises(MismatchError, match="one asks each question 1 times and one 3 times"):
        abtest.run(base, head)


def test_gates_that_cannot_be_decided_are_told_before_anybody_is_asked(tmp_path: Path) -> None:
    """Those of the head, and a stopping rule without anything to stop by."""
    with pytest.raises(UsageError, match="faithfulness"):
        abtest.run(_own(tmp_path), _own(tmp_path, gates=["faithfulness.mean >= 0.5"]))
    with pytest.raises(UsageError, match="none of the gates can be decided on the way"):
        abtest.run(_own(tmp_path), _own(tmp_path, gates=["recall@5.mean >= 0.5"]), abtest.AbOptions(stop=True))
    assert _folders(tmp_path) == []


@pytest.mark.parametrize(("how", "error"), [("away", UnreachableError), ("interrupt", Interruption)])
def test_a_job_that_ends_early_says_how_to_go_on(tmp_path: Path, how: str, error: type[Exception]) -> None:
    """With both runs, and then with their gates; what was done is kept."""
    with pytest.raises(error) as caught:
        abtest.run(_own(tmp_path), _own(tmp_path, target=answering(case_2=how)))
    base, head = sorted((tmp_path / "runs").glob("*-x-[bh]*"))
    message = str(caught.value)
    assert f"rag-eval run --no-gates --resume {base} and rag-eval run --no-gates --resume {head}" in message
    assert message.endswith(f"then: rag-eval gate {head} --against {base}")
    assert results.summary_of(RunFolder(head)).cases == 2


def test_a_long_name_leaves_room_for_which_version_it_is(tmp_path: Path) -> None:
    """A name may have so many letters only."""
    long = samples.experiment(name="n" * 100)
    assert abtest._named(long, "base").name == f"{'n' * 95}-base"
    assert abtest._named(samples.experiment(name="x"), "head").name == "x-head"
    config.Experiment.model_validate(abtest._named(long, "head").model_dump(mode="json", exclude_none=True))


def test_jobs_of_one_second_have_folders_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None writes into another's."""
    monkeypatch.setattr(names, "timed", lambda _, name: f"20261123-091500-{name}")
    made = [abtest._folder(tmp_path / "runs", "x") for _ in range(3)]
    assert [path.name.partition("~")[2] for path in made] == ["", "2", "3"]
    assert all(path.is_dir() for path in made)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """In a sentence."""
    (tmp_path / "runs").write_text("no folder")
    with pytest.raises(UsageError, match="cannot be made"):
        abtest._folder(tmp_path / "runs", "x")


def test_what_is_looked_at_first_is_named_once(tmp_path: Path) -> None:
    """The primary metric, answers, and what gates speak of, as far as it was compared."""
    compared = samples.comparison(*(samples.compared(name) for name in ("faithfulness", "mrr", ANSWERED)))
    texts = (
        "mrr.mean >= 0.5",
        "mrr.p05 >= 0.1",
        "latency.p95 <= 2s",
        "required: id:a faithfulness >= 0.5",
        "cost <= 1 USD",
    )
    demanded = [gates.parse(text) for text in texts]
    assert abtest._focus(compared, demanded) == ("faithfulness", ANSWERED, "mrr")
    assert abtest._focus(samples.comparison(samples.compared("mrr"), primary=""), []) == ()


def test_each_version_may_be_served_elsewhere() -> None:
    """Who is given no address stays where the experiment has it; nothing else of it changes."""
    own = samples.experiment(target={"kind": "http", "url": "http://127.0.0.1:1/ask", "method": "GET"})
    base, head = abtest.served_at(own, None, "http://127.0.0.1:2")
    assert base == own
    assert head.target.addresses["url"].startswith("http://127.0.0.1:2")
    assert head.target.model_copy(update={"url": own.target.addresses["url"]}) == own.target
    with pytest.raises(UsageError):
        abtest.served_at(samples.experiment(), "http://127.0.0.1:2", None)
