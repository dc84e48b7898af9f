"""A run's folder and journal, new or gone on with."""

from pathlib import Path
from typing import Any

import pytest
from support.answering import answering
from support.replays import experiment
from support.runs import rows

from rag_eval import config
from rag_eval.errors import MismatchError, UsageError
from rag_eval.evaluation import opening
from rag_eval.evaluation.plan import Plan, prepare
from rag_eval.runs import RunFolder

_ROWS = rows(3)


@pytest.fixture(autouse=True)
def _own_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")


def _own(folder: Path, *given: dict[str, Any], **settings: Any) -> config.Experiment:
    return experiment(folder, *(given or _ROWS), **{"target": answering(), **settings})


def _begun(plan: Plan) -> RunFolder:
    folder, journal = opening.create(plan, None)
    journal.close()
    return folder


def _reopened(folder: RunFolder, plan: Plan, *, retry_errors: bool = False) -> dict[str, Any]:
    with opening.reopen(folder, plan, None, retry_errors=retry_errors) as journal:
        meta = journal.meta
        return {"names": [*meta.names], "round": meta.round, "gates": meta.gates, "metrics": {*meta.origin.metrics}}


def test_a_run_remembers_what_it_began_with(tmp_path: Path) -> None:
    """All that a later command needs to go on with it, and to say what it was."""
    plan = prepare(_own(tmp_path, metrics=["recall@5", "mrr"], primary="mrr"), 2)
    folder = _begun(plan)
    with folder.open_() as journal:
        meta = journal.meta
    assert (meta.name, meta.primary, meta.limit, meta.dataset_cases, meta.total) == ("x", "mrr", 2, 3, 2)
    assert meta.origin == plan.origin
    assert meta.round == 0
    assert meta.listed == ("recall@5", "mrr")
    assert meta.target is not None
    assert meta.target["kind"] == "custom"
    assert folder.path.parent == tmp_path / "runs"


def test_of_a_whole_dataset_no_size_is_kept(tmp_path: Path) -> None:
    """It is what was asked; and metrics that nobody named are not held to have a value."""
    given = experiment(tmp_path, *_ROWS, target=answering()).model_dump(mode="json", exclude={"metrics"})
    own = config.Experiment.model_validate({k: v for k, v in given.items() if v is not None})
    plan = prepare(own.model_copy(update={"metrics": ("recall@5",)}))
    with _begun(plan).open_() as journal:
        assert (journal.meta.limit, journal.meta.dataset_cases) == (None, None)


def test_every_run_has_a_key_and_a_folder_of_its_own(tmp_path: Path) -> None:
    """Also those that begin in the same second."""
    plan = prepare(_own(tmp_path))
    first, second = _begun(plan), _begun(plan)
    assert first.path != second.path
    keys = set()
    for folder in (first, second):
        with folder.open_() as journal:
            keys.add(journal.meta.key)
    assert len(keys) == 2


def test_a_folder_of_runs_that_cannot_be_written_to_is_one_sentence(tmp_path: Path) -> None:
    """Which names it, and the option for another; nothing is left there."""
    plan = prepare(_own(tmp_path))
    (tmp_path / "runs").write_text("no folder")
    with pytest.raises(UsageError, match=r"^runs: .*/runs: cannot be written to: .*\. Do: another folder, --runs DIR$"):
        opening.create(plan, None)
    assert (tmp_path / "runs").read_text() == "no folder"


def test_a_run_goes_on_as_it_began(tmp_path: Path) -> None:
    """What was concluded from a part of it is taken back until it has ended again."""
    plan = prepare(_own(tmp_path))
    folder = _begun(plan)
    folder.summary.write_text("{}")
    assert _reopened(folder, plan) == {
        "names": ["recall@5", "answered"], "round": 0, "gates": (), "metrics": {"recall@5", "answered"},
    }  # fmt: skip
    assert not folder.summary.exists()


def test_trying_errors_again_is_a_round_of_its_own(tmp_path: Path) -> None:
    """So that a judge that is asked again may say something else; to go on is none."""
    plan = prepare(_own(tmp_path))
    folder = _begun(plan)
    assert [_reopened(folder, plan, retry_errors=again)["round"] for again in (True, False, True)] == [1, 1, 2]


def test_a_metric_that_was_added_is_taken_up_behind_the_others(tmp_path: Path) -> None:
    """And one that was left out stays, with the scores that it has."""
    folder = _begun(prepare(_own(tmp_path)))
    more = prepare(_own(tmp_path, metrics=["mrr", "recall@5"]))
    assert _reopened(folder, more)["names"] == ["recall@5", "answered", "mrr"]
    assert _reopened(folder, prepare(_own(tmp_path)))["metrics"] == {"recall@5", "answered", "mrr"}


@pytest.mark.parametrize(
    ("change", "because"),
    [
        ({"target": answering(case_1="timeout")}, "target.options"),
        ({"target": {"kind": "replay"}}, "target.kind differs"),
        ({"judge": {"kind": "openai", "model": "m"}}, "judges differ in kind"),
    ],
)
def test_a_run_does_not_go_on_as_another(tmp_path: Path, change: dict[str, Any], because: str) -> None:
    """The message says in what it would differ, and what to do."""
    folder = _begun(prepare(_own(tmp_path)))
    with pytest.raises(MismatchError) as caught:
        _reopened(folder, prepare(_own(tmp_path, **change)))
    message = str(caught.value)
    assert message.startswith(f"{folder.path}: cannot be resumed, it began otherwise: ")
    assert because in message
    assert message.endswith("Start a new run.")


def test_other_questions_are_another_run(tmp_path: Path) -> None:
    """One word is enough."""
    folder = _begun(prepare(_own(tmp_path)))
    changed = [{**row, "user_input": row["user_input"] + "!"} if n == 2 else row for n, row in enumerate(_ROWS)]
    with pytest.raises(MismatchError, match="datasets differ"):
        _reopened(folder, prepare(_own(tmp_path, *changed)))


def test_a_refusal_to_go_on_leaves_the_run_as_it_was(tmp_path: Path) -> None:
    """It can be gone on with at once: the journal is let go, and the summary of what was done is still there."""
    plan = prepare(_own(tmp_path))
    folder = _begun(plan)
    folder.summary.write_text("{}")
    with pytest.raises(MismatchError):
        _reopened(folder, prepare(_own(tmp_path, judge={"kind": "openai", "model": "m"})), retry_errors=True)
    assert folder.summary.exists()
    assert _reopened(folder, plan)["round"] == 0


def test_how_fast_one_asks_may_change(tmp_path: Path) -> None:
    """It makes no other system of it."""
    folder = _begun(prepare(_own(tmp_path)))
    assert _reopened(folder, prepare(_own(tmp_path, target={**answering(), "concurrency": 8})))["round"] == 0
