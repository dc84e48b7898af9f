"""By what the cases of a page are listed: every question once, and each way of listing it as its name says."""

from pathlib import Path

import pytest
from support import samples

from rag_eval.journal import REPEAT_OF
from rag_eval.records import REFUSED, Answer, Case, Failure, NotApplicable, Outcome, Score
from rag_eval.reports.pages.index import (
    PAIR_BUCKETS,
    RUN_BUCKETS,
    ListedMetric,
    PageSide,
    QuestionIndex,
    SideColumns,
    index_of,
)

_METRIC = ListedMetric("m", "m", higher_is_better=True, bounded=True)
_LESS = ListedMetric("s", "s, less is better", higher_is_better=False, bounded=False, smallest=0.05)
Cell = float | str | None


def index(
    *sides: tuple[list[str | None], list[Cell]], metric: ListedMetric = _METRIC, same: bool = True
) -> QuestionIndex:
    """Questions with a state and a score of each side."""
    count = len(sides[0][0])
    names = [f"q{n}" for n in range(count)]
    return QuestionIndex(
        sides=[PageSide(str(n), str(n), None, {}, None) for n in range(len(sides))],  # type: ignore[arg-type]
        metrics=[metric],
        primary=0,
        ids=names,
        questions=names,
        tags=[()] * count,
        answerable=[True] * count,
        columns=[SideColumns(states, [scores], [[name] for name in names]) for states, scores in sides],
        same=[same] * count,
    )


def listed(built: QuestionIndex) -> set[str]:
    """The ways in which the only question is listed, but for that which lists all."""
    return {name for name, count in built.counts().items() if count} - {"all"}


@pytest.mark.parametrize(
    ("state", "score", "expected"),
    [
        ("answered", 0.49, {"low"}),
        ("answered", 0.5, {"high"}),
        ("answered", 1.0, {"high"}),
        ("answered", 0.0, {"low"}),
        ("refused", "refused", {"refused", "unscored"}),
        ("failed", "failed", {"failed", "unscored"}),
        ("failed", 0.0, {"failed", "low"}),
        ("answered", "failed", {"failed", "unscored"}),
        ("answered", "n/a", {"unscored"}),
        ("answered", None, {"unscored"}),
    ],
)
def test_a_case_of_one_run_is_listed_as_what_it_is(state: str, score: Cell, expected: set[str]) -> None:
    """What has no score is never under half, and an answer of which the judge failed has failed too."""
    assert listed(index(([state], [score]))) == expected


def test_seconds_are_neither_under_half_nor_over() -> None:
    """A metric without a scale has no middle."""
    assert listed(index((["answered"], [0.2]), metric=_LESS)) == set()


@pytest.mark.parametrize(
    ("a", "b", "same", "expected"),
    [
        (("answered", 0.5), ("answered", 1.0), True, {"improved"}),
        (("answered", 1.0), ("answered", 0.5), True, {"regressed"}),
        (("answered", 0.5), ("answered", 0.5), True, {"unchanged"}),
        (("answered", 0.5), ("answered", 0.5), False, {"reworded"}),
        (("answered", 0.5), ("answered", 0.5 + 1e-12), True, {"unchanged"}),
        (("answered", 0.5), (None, None), True, {"unpaired"}),
        (("answered", 0.5), ("answered", "n/a"), True, {"unpaired"}),
        (("answered", 0.5), ("failed", 0.0), True, {"regressed", "failed", "onesided"}),
        (("failed", "failed"), ("failed", "failed"), True, {"unpaired", "failed"}),
        (("refused", "refused"), ("answered", 1.0), True, {"unpaired", "refusal"}),
        (("refused", "refused"), ("refused", "refused"), True, {"unpaired"}),
    ],
)
def test_a_pair_is_listed_as_what_became_of_it(
    a: tuple[str | None, Cell], b: tuple[str | None, Cell], expected: set[str], *, same: bool
) -> None:
    """Better, worse, alike, or no pair at all: never two of these, and never none."""
    built = index(([a[0]], [a[1]]), ([b[0]], [b[1]]), same=same)
    assert listed(built) == expected
    assert len(expected & {"regressed", "improved", "reworded", "unchanged", "unpaired"}) == 1


def test_where_less_is_better_less_is_an_improvement() -> None:
    """Of seconds, for one."""
    assert listed(index((["answered"], [2.0]), (["answered"], [1.0]), metric=_LESS)) == {"improved"}


def test_all_cases_are_listed_as_all() -> None:
    """Whatever became of them; an empty page has none."""
    assert index((["answered", None], [1.0, None])).counts()["all"] == 2
    assert set(index(([], [])).counts().values()) == {0}
    assert index(([], [])).counts().keys() == RUN_BUCKETS.keys()
    assert index(([], []), ([], [])).counts().keys() == PAIR_BUCKETS.keys()


def rows(*cases: tuple[Case, dict[str, Outcome]]) -> samples.Rows:
    """Answered cases."""
    return [(case, Answer(response="x"), outcomes) for case, outcomes in cases]


def case(name: str, of: str = "", **more: object) -> Case:
    """A case, which may repeat a question."""
    metadata = {REPEAT_OF: of} if of else {}
    return Case.model_validate({"id": name, "user_input": f"{of or name}?", "metadata": metadata, **more})


def of_run(folder: Path, data: samples.Rows, **values: float) -> QuestionIndex:
    """The index of one run."""
    with samples.journal(folder / "journal.db", data, ("m",)) as journal:
        return index_of([PageSide("run", "run", journal, {"m": values}, journal)], [_LESS, _METRIC], "m")


def scored(value: float, refused: float = 0.0, answered: float = 1.0) -> dict[str, Outcome]:
    """What an answer came to."""
    return {"m": Score(value=value), REFUSED: Score(value=refused), "answered": Score(value=answered)}


def test_the_metric_that_is_read_first_is_found_by_its_name(tmp_path: Path) -> None:
    """Wherever it stands; where it is not listed the first one is read."""
    built = of_run(tmp_path, rows((case("a"), scored(0.5))), a=0.123456789123)
    assert built.primary == 1
    assert built.columns[0].scores == [["n/a"], [0.123456789]]
    assert index_of(built.sides[:0], [_METRIC], "other").primary == 0


def test_repetitions_are_one_question(tmp_path: Path) -> None:
    """Refused where at least half of them refuse, failed where all of them failed, and with all of their ids."""
    failure = Failure(stage="target", reason="timeout", message="Slow.")
    gone: dict[str, Outcome] = {"m": failure, "answered": Score(value=0.0)}
    data: samples.Rows = [
        *rows((case("a", tags=("x",)), scored(1, 1.0)), (case("a~2", "a"), scored(1))),
        *rows((case("b"), scored(1, 1.0)), (case("b~2", "b"), scored(1)), (case("b~3", "b"), scored(1))),
        (case("c"), failure, gone),
        (case("c~2", "c"), failure, gone),
        (case("d"), failure, gone),
        *rows((case("d~2", "d"), scored(1))),
    ]
    built = of_run(tmp_path, data, a=1.0)
    assert built.ids == ["a", "b", "c", "d"]
    assert built.questions == ["a?", "b?", "c?", "d?"]
    assert built.columns[0].states == ["refused", "answered", "failed", "answered"]
    assert built.columns[0].cases == [["a", "a~2"], ["b", "b~2", "b~3"], ["c", "c~2"], ["d", "d~2"]]
    assert (built.tags[0], built.all_tags) == (("x",), ("x",))


def test_where_there_is_no_value_it_is_said_why(tmp_path: Path) -> None:
    """In a word: the judge failed, the answer refuses, or the metric does not speak of it."""
    data = rows(
        (case("a"), {"m": Failure(stage="judge", reason="timeout", message="Slow.")}),
        (case("b"), {"m": NotApplicable(reason=REFUSED)}),
        (case("c"), {"m": NotApplicable(reason="no reference")}),
    )
    assert of_run(tmp_path, data).columns[0].scores[1] == ["failed", "refused", "n/a"]


def test_questions_of_the_second_run_alone_come_last(tmp_path: Path) -> None:
    """None is left out, and the run that was not asked has neither state nor score of it."""
    first, second = rows((case("a"), scored(1))), rows((case("b", answerable=False), scored(0)), (case("a"), scored(1)))
    with (
        samples.journal(tmp_path / "a.db", first, ("m",)) as a,
        samples.journal(tmp_path / "b.db", second, ("m",)) as b,
    ):
        sides = [PageSide(name, name, kept, {"m": kept.values("m")}, kept) for name, kept in (("a", a), ("b", b))]
        built = index_of(sides, [_METRIC], "m")
    assert (built.ids, built.answerable) == (["a", "b"], [True, False])
    assert [column.states for column in built.columns] == [["answered", None], ["answered", "answered"]]
    assert [column.scores for column in built.columns] == [[[1.0, None]], [[1.0, 0.0]]]


def test_the_script_is_told_all_that_the_index_knows() -> None:
    """By the names that it reads."""
    told = index((["answered"], [0.5]), metric=_LESS).as_json()
    assert told.keys() == {
        "sides", "metrics", "primary", "ids", "questions", "tags", "answerable", "states", "scores", "same",
    }  # fmt: skip
    assert told["metrics"] == [
        {"name": "s", "title": "s, less is better", "higher": False, "bounded": False, "smallest": 0.05}
    ]
