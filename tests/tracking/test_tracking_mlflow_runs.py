"""A run's own page in MLflow: what stands there at a glance, and what is put in place of what stood there."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support import samples

from rag_eval.ports import RunResult
from rag_eval.records import Answer, Case, Failure, GateOutcome, NotApplicable, RefusalCounts, Score, Usage, WorkTree
from rag_eval.tracking import names
from rag_eval.tracking.mlflow import runs
from rag_eval.tracking.mlflow.traces import RunTraces


class Client:
    """Keeps what is asked of MLflow."""

    def __init__(self, *called: Any) -> None:
        self.tags: dict[str, str] = {}
        self.deleted: list[str] = []
        self.texts: dict[str, str] = {}
        self.called = called

    def set_tag(self, _: str, key: str, value: str) -> None:
        """Keep a tag."""
        self.tags[key] = value

    def delete_tag(self, _: str, key: str) -> None:
        """Take it away."""
        self.deleted.append(key)

    def log_text(self, _: str, text: str, name: str) -> None:
        """Keep a file."""
        self.texts[name] = text

    def search_runs(self, _: list[str], **__: Any) -> list[Any]:
        """What MLflow thinks is meant."""
        return list(self.called)


def known(name: str = "strong", **tags: str) -> Any:
    """A run that stands in MLflow."""
    return SimpleNamespace(
        info=SimpleNamespace(run_id="r1", run_name=name),
        data=SimpleNamespace(tags={key.replace("__", "."): value for key, value in tags.items()}),
    )


def gates(*outcomes: GateOutcome) -> tuple[Any, ...]:
    """What became of some gates."""
    return tuple(samples.gate(outcome, f"gate {number} {outcome}") for number, outcome in enumerate(outcomes))


@pytest.mark.parametrize(
    ("changes", "status", "sentences"),
    [
        ({}, "FINISHED", ()),
        ({"gates": gates("passed")}, "FINISHED", ()),
        ({"gates": gates("passed", "failed")}, "FAILED", ("1 of 2 gates failed.", "gate 1 failed")),
        ({"gates": gates("undecided")}, "FINISHED", ("1 of 1 gates are undecided.", "gate 0 undecided")),
        (
            {"gates": gates("undecided", "failed", "failed")},
            "FAILED",
            (
                "2 of 3 gates failed.",
                "1 of 3 gates are undecided.",
                "gate 1 failed",
                "gate 2 failed",
                "gate 0 undecided",
            ),
        ),
        ({"finished": False, "scored": 7}, "KILLED", ("Unfinished: 7 of 100 cases are scored.",)),
        (
            {"finished": False, "scored": 7, "gates": gates("failed")},
            "KILLED",
            ("Unfinished: 7 of 100 cases are scored.", "1 of 1 gates failed.", "gate 0 failed"),
        ),
    ],
)
def test_how_a_run_stands(changes: dict[str, Any], status: str, sentences: tuple[str, ...]) -> None:
    """A run that is not whole never passes for one that is, and what failed is read first."""
    stands = runs.standing(samples.summary(**changes))
    assert (stands.status, stands.sentences) == (status, sentences)


def test_a_run_of_which_too_little_was_scored_has_failed() -> None:
    """Each metric that falls short, or has no value at all, is named once."""
    short = samples.metric("short", n=50, failed=50)
    gone = samples.metric("gone", n=0, failed=100, mean=None, interval=None)
    stands = runs.standing(samples.summary(short, gone, samples.metric("whole")))
    assert stands.status == "FAILED"
    assert stands.sentences == ("Too little was scored: short, gone.",)


def test_numbers_are_those_that_there_are() -> None:
    """Under names that MLflow takes, to four digits; a mean that there is not is no number."""
    summary = samples.summary(
        samples.metric("recall@5", mean=2 / 3, n=90, failed=10),
        samples.metric("none", mean=None, n=0, not_applicable=100, interval=None),
        usage=Usage(calls=3, prompt_tokens=10, completion_tokens=5, cost_usd=0.123456),
    )
    assert runs._numbers(summary) == {
        "recall_at_5": 0.6667, "cases": 100, "cases_answered": 100, "least_coverage": 0.9, "judge_calls": 3,
        "judge_tokens": 15, "judge_cost_usd": 0.1235,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("refusals", "numbers"),
    [
        ((8, 2, 2, 1), {"refused": 0.3, "over_refusal": 0.25, "invented_answers": 0.5}),
        ((8, 2, 0, 0), {"refused": 0.25, "over_refusal": 0.25}),
        ((0, 0, 4, 4), {"refused": 1.0, "invented_answers": 0.0}),
        ((0, 0, 0, 0), {}),
    ],
)
def test_refusals_are_shares_of_what_was_looked_at(
    refusals: tuple[int, int, int, int], numbers: dict[str, float]
) -> None:
    """Where there is nothing to take a share of there is none."""
    names = ("answerable", "answerable_refused", "unanswerable", "unanswerable_refused")
    counts = RefusalCounts(**dict(zip(names, refusals, strict=True)))
    logged = runs._numbers(samples.summary(refusals=counts))
    assert {key: logged[key] for key in logged if key in {"refused", "over_refusal", "invented_answers"}} == numbers


@pytest.mark.parametrize(
    ("judge", "embedded", "named"),
    [
        ({"kind": "embedded", "version": "1"}, True, "embedded"),
        ({"kind": "openai", "model": "gpt-x"}, False, "gpt-x"),
        ({"kind": "custom", "use": "mine:judge"}, False, "mine:judge"),
        ({"kind": "theirs"}, False, "theirs"),
    ],
)
def test_the_judge_is_named(judge: dict[str, Any], named: str, *, embedded: bool) -> None:
    """By its model where it has one, and never as `None`."""
    assert runs._judge(samples.summary(origin=samples.origin(judge=judge), embedded_judge=embedded)) == named


def test_a_setting_that_changed_stands_beside_the_first(tmp_path: Any) -> None:
    """MLflow lets none change: the new value becomes a tag, and one that is the same nothing at all."""
    result = RunResult(samples.summary(), tmp_path, {"a": 1, "b": "x" * 600, "c": "new", "d": None})
    new, changed = runs._settings(result, {"a": "1", "c": "old"})
    assert [(param.key, param.value) for param in new] == [("b", "x" * 500), ("d", "None")]
    assert changed == {"rag_eval.now.c": "new"}


@pytest.mark.parametrize(
    ("sentences", "text"),
    [((), "report"), (("one",), "**one**\n\nreport"), (("one", "two"), "**one**\n\ntwo\n\nreport")],
)
def test_what_is_to_be_read_first_stands_above_the_report(sentences: tuple[str, ...], text: str) -> None:
    """The first sentence in bold."""
    assert runs._headed("report", sentences) == text


@pytest.mark.parametrize(
    ("changes", "facts"),
    [
        ({}, {}),
        ({"gates": gates("passed")}, {"gates": "passed", "rag_eval.gate": "passed"}),
        ({"git": WorkTree(commit="", dirty=True, branch="")}, {}),
        (
            {"git": WorkTree(commit="abc", dirty=True, branch="main")},
            {"mlflow.source.git.commit": "abc", "rag_eval.git_dirty": "true"},
        ),
    ],
)
def test_facts_are_told_where_there_are_some(changes: dict[str, Any], facts: dict[str, str]) -> None:
    """Without gates none is said to have passed, and without a commit there is none."""
    assert runs._facts(samples.summary(**changes)) == facts


def test_the_table_has_a_row_for_each_case_that_came_by(tmp_path: Path) -> None:
    """In order; what has no value has none, whether it failed or does not apply."""
    failure = Failure(stage="target", reason="timeout", message="Slow.")
    rows: samples.Rows = [
        (Case(id="a", user_input="é?"), Answer(response="x"), {"m": Score(value=2 / 3), "unlisted": Score(value=1)}),
        (Case(id="b", user_input="Q?"), failure, {"m": failure}),
        (Case(id="c", user_input="Q?"), Answer(), {"m": NotApplicable(reason="no")}),
    ]
    summary, client = samples.summary(samples.metric("m")), Client()
    table, traces = runs.Table(summary), RunTraces("r1", summary)
    with samples.journal(tmp_path / "journal.db", rows, ("m",)) as journal:
        drafts = [traces.draft(stored) for stored in journal.stored()]
    assert list(table.watch(drafts)) == drafts
    table.log(client, "r1")
    assert client.texts["eval_results.json"] == (
        '{"columns": ["id", "user_input", "response", "m"], "data": [["a", "é?", "x", 0.6667], '
        '["b", "Q?", null, null], ["c", "Q?", null, null]]}'
    )


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, set()),
        ({"baseline": "main"}, {"main"}),
        ({"baseline": "main next", "rag_eval__baseline": "main old"}, {"main", "next", "old"}),
        ({"baseline": ""}, set()),
    ],
)
def test_the_baselines_that_a_run_is(tags: dict[str, str], expected: set[str]) -> None:
    """By either of its tags."""
    assert runs.baselines(known(**tags)) == expected


def test_a_baseline_is_known_by_all_of_its_name() -> None:
    """MLflow finds those that hold it anywhere."""
    main, mainly = known(baseline="main"), known(baseline="mainly")
    assert runs.called(Client(main, mainly), "1", "main") == [main]


def test_a_run_is_marked_where_people_look() -> None:
    """By tags, by its name and at the head of its note; marked anew, the former mark is gone."""
    client = Client()
    runs.name_baselines(client, known(), {"main", "alt"})
    assert client.tags["baseline"] == client.tags["rag_eval.baseline"] == "alt main"
    assert client.tags[runs.NOTE] == f"{names.BASELINE}Baseline: alt, main\n\n"
    again = Client()
    runs.name_baselines(
        again, known(client.tags[runs.NAME], mlflow__note__content=client.tags[runs.NOTE] + "report"), {"x"}
    )
    assert again.tags[runs.NOTE] == f"{names.BASELINE}Baseline: x\n\nreport"
    assert again.tags[runs.NAME] == client.tags[runs.NAME]


def test_a_run_that_is_no_baseline_any_more_has_no_mark() -> None:
    """Its own name and its own note are left; what it did not have is not taken away."""
    client = Client()
    runs.name_baselines(client, known(baseline="main", mlflow__note__content="report"), set())
    assert client.deleted == ["baseline"]
    assert client.tags == {runs.NAME: "strong", runs.NOTE: "report"}


def test_a_note_is_no_longer_than_mlflow_takes() -> None:
    """With the mark at its head."""
    client = Client()
    runs.name_baselines(client, known(mlflow__note__content="x" * 9000), {"main"})
    assert len(client.tags[runs.NOTE]) == 4900
    assert client.tags[runs.NOTE].startswith(names.BASELINE)
