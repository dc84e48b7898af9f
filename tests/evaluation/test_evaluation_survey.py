"""What is about to be done is known before the first question: how many cases, which, and what is odd about them."""

from pathlib import Path
from typing import Any

import pytest
from support.replays import experiment, write_rows

from rag_eval import config
from rag_eval.dataset import writing
from rag_eval.errors import ConfigError, DataError
from rag_eval.evaluation import survey
from rag_eval.journal import REPEAT_OF
from rag_eval.records import Case

_LIVE = {"kind": "http", "url": "http://127.0.0.1:9/"}


def _row(n: int, **fields: Any) -> dict[str, Any]:
    return {"id": f"c{n}", "user_input": f"What costs {n}?", "reference": f"It is {n} pounds.", **fields}


def _live(folder: Path, *rows: dict[str, Any], **settings: Any) -> config.Experiment:
    return experiment(folder, *rows, **{"target": _LIVE, **settings})


def test_cases_are_counted_with_tags_and_those_that_gates_name(tmp_path: Path) -> None:
    """A name that no case has is not among those that are there."""
    own = _live(tmp_path, _row(0, tags=["a"]), _row(1, tags=["a", "b"]), _row(2))
    whole = survey.preflight(own, None, frozenset({"c1", "c9"}))
    assert (whole.total, whole.asked, whole.repeats) == (3, 3, 1)
    assert (sorted(whole.tags), sorted(whole.named)) == (["a", "b"], ["c1"])


@pytest.mark.parametrize(("limit", "total", "tags"), [(1, 1, {"a"}), (2, 2, {"a", "b"}), (99, 2, {"a", "b"})])
def test_a_limit_cuts_cases_and_all_that_is_known_of_them(
    tmp_path: Path, limit: int, total: int, tags: set[str]
) -> None:
    """One that is larger than the dataset cuts nothing."""
    own = _live(tmp_path, _row(0, tags=["a"]), _row(1, tags=["b"]))
    whole = survey.preflight(own, limit)
    assert (whole.total, {*whole.tags}) == (total, tags)
    assert (whole.fingerprint == survey.preflight(own, None).fingerprint) == (total == 2)


def test_cases_that_lack_the_same_are_of_one_kind(tmp_path: Path) -> None:
    """In the order of the first of each; white space is nothing, and an empty list neither."""
    own = _live(
        tmp_path,
        _row(0),
        _row(1, reference=None),
        _row(2, tags=[]),
        _row(3, reference="  "),
        _row(4, reference_contexts=["x"]),
    )
    _, kinds = survey.survey(own, None, frozenset())
    assert [(kind.first.id, kind.count) for kind in kinds] == [("c0", 2), ("c1", 2), ("c4", 1)]


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_a_dataset_without_cases_is_told_with_its_path(tmp_path: Path, content: str) -> None:
    """Nothing is measured of nothing."""
    own = _live(tmp_path)
    (tmp_path / "rows.jsonl").write_text(content)
    with pytest.raises((ConfigError, DataError), match=r"rows\.jsonl"):
        survey.preflight(own, None)


def test_a_bad_row_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    """With file, line and field, also where a later limit would not have reached it first."""
    own = _live(tmp_path, _row(0), {"id": "c1", "user_input": " "})
    with pytest.raises(DataError, match=r"rows\.jsonl:2: user_input"):
        survey.preflight(own, None)
    assert survey.preflight(own, 1).total == 1


def test_a_variable_that_is_not_set_is_told_with_where_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And one that is set stands for its value."""
    monkeypatch.setenv("WHERE", str(tmp_path))
    monkeypatch.delenv("NOWHERE", raising=False)
    write_rows(tmp_path / "rows.jsonl", [_row(0)])
    assert survey.preflight(_live(tmp_path, dataset="${WHERE}/rows.jsonl"), None).total == 6
    with pytest.raises(ConfigError, match=r"dataset\.path.*NOWHERE"):
        survey.preflight(_live(tmp_path, dataset="${NOWHERE}/rows.jsonl"), None)


def test_a_repetition_says_what_it_repeats(tmp_path: Path) -> None:
    """Each case with its repetitions one after the other, each under an id of its own, and otherwise the same."""
    own = _live(tmp_path, _row(0, metadata={"lang": "en"}), _row(1), target={**_LIVE, "repeats": 3})
    asked = [*survey.with_repeats(own, None)]
    assert [case.id for case in asked] == ["c0", "c0~2", "c0~3", "c1", "c1~2", "c1~3"]
    assert [case.metadata.get(REPEAT_OF) for case in asked] == [None, "c0", "c0", None, "c1", "c1"]
    assert asked[2].metadata["lang"] == "en"
    assert asked[2].model_copy(update={"id": "c0", "metadata": asked[0].metadata}) == asked[0]
    whole = survey.preflight(own, None)
    assert (whole.total, whole.asked) == (2, 6)


@pytest.mark.parametrize(
    ("id_", "repeats", "refused"),
    [
        ("c~2", 2, True),
        ("~7", 2, True),
        ("c~2", 1, False),
        ("c~", 2, False),
        ("c~two", 2, False),
        ("c~2b", 2, False),
        ("~2~x", 2, False),
    ],
)
def test_an_id_that_reads_like_a_repetition_is_refused_where_there_are_some(
    tmp_path: Path, id_: str, repeats: int, *, refused: bool
) -> None:
    """Else two cases would be taken for one; the message says what to do."""
    own = _live(tmp_path, _row(0, id=id_), target={**_LIVE, "repeats": repeats})
    if not refused:
        assert survey.preflight(own, None).total == 1
        return
    with pytest.raises(ConfigError) as caught:
        survey.preflight(own, None)
    assert str(caught.value) == (
        f"dataset.path: the id {id_!r} reads like that of a repetition; rename it, or leave target.repeats out"
    )


@pytest.mark.parametrize(
    ("fields", "answerable"),
    [
        ({"reference": "The handbook does not say."}, False),
        ({"reference": "It is 7 pounds."}, True),
        ({"reference": None}, True),
        ({"reference": "It is 7 pounds.", "answerable": False}, False),
    ],
)
def test_a_reference_that_refuses_makes_a_question_unanswerable(
    tmp_path: Path, fields: dict[str, Any], *, answerable: bool
) -> None:
    """As the numbers and the sentences of a report have it; what is marked already stays marked."""
    own = _live(tmp_path, _row(0, **fields))
    assert [case.answerable for case in survey.with_repeats(own, None)] == [answerable]


def test_an_experiment_that_is_several_is_no_run(tmp_path: Path) -> None:
    """The message has the command for it."""
    with pytest.raises(ConfigError, match=r"x: its matrix makes 2 variants.*rag-eval sweep FILE"):
        survey.demand_single(experiment(tmp_path, matrix={"target.pick": ["first", "latest"]}))
    survey.demand_single(experiment(tmp_path))


def test_the_size_of_a_dataset_is_known_where_that_takes_little(tmp_path: Path) -> None:
    """Of rows in a file by counting them, of a folder of ours by its manifest; whatever is wrong is not told here."""
    own = _live(tmp_path, _row(0), _row(1))
    assert survey.size(own) == 2
    cases = [Case(id=str(n), user_input="?") for n in range(3)]
    writing.write(tmp_path / "set", cases, lambda _: writing.DatasetInfo(name="set"))
    assert survey.size(_live(tmp_path, dataset=str(tmp_path / "set"))) == 3
    assert survey.size(_live(tmp_path, dataset=str(tmp_path / "gone.jsonl"))) is None
    (tmp_path / "bad.jsonl").write_text("{")
    assert survey.size(_live(tmp_path, dataset=str(tmp_path / "bad.jsonl"))) is None


def test_a_large_file_is_not_read_to_count_its_rows(tmp_path: Path) -> None:
    """Nobody waits for a number that is only good to have."""
    own = _live(tmp_path, _row(0))
    with (tmp_path / "rows.jsonl").open("a") as file:
        file.truncate(20_000_001)
    assert survey.size(own) is None


def test_what_is_odd_about_rows_is_told_and_of_a_folder_of_ours_it_was(tmp_path: Path) -> None:
    """References that are wanted and not there are told with the column that might hold them."""
    row = {"id": "c0", "user_input": "Q?", "solution_text": "It is nine pounds for a single ticket."}
    own = _live(tmp_path, row, metrics=["correctness"])
    (remark,) = survey.preflight(own, None).rows
    assert "0 of 1 rows have a reference" in remark
    assert "dataset.fields: {reference: solution_text}" in remark
    assert survey.preflight(_live(tmp_path, row, metrics=["latency"]), None).rows == ()
    cases = [Case(id="c0", user_input="Q?")]
    writing.write(tmp_path / "set", cases, lambda _: writing.DatasetInfo(name="set"))
    ours = _live(tmp_path, dataset=str(tmp_path / "set"), metrics=["correctness"])
    assert survey.preflight(ours, None).rows == ()


@pytest.mark.parametrize("path", ["../../../../../etc/passwd", "/etc/passwd", "sub/../../x"])
def test_a_case_that_names_a_file_elsewhere_is_told_before_anything_is_asked(tmp_path: Path, path: str) -> None:
    """Also where no such file is there; one that is only missing is the run's to tell."""
    files = {"doc": f"{tmp_path}/docs/{{{{ metadata.path }}}}"}
    target = {**_LIVE, "send": "multipart", "body": {}, "files": files}
    if not path.startswith("/"):
        with pytest.raises(ConfigError, match=r"case 'c1': target\.files\.doc: .* leads out of"):
            survey.preflight(_live(tmp_path, _row(0, path="a.txt"), _row(1, path=path), target=target), None)
    else:  # behind a folder it is a place in that folder
        assert survey.preflight(_live(tmp_path, _row(1, path=path), target=target), None).total == 1
