"""What is said of how rows were read: nothing is taken for something else without a word."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import datasets
from rag_eval import config, configfile
from rag_eval.dataset import Account, Item, Tally, build, items
from rag_eval.dataset.cells import NOTHING
from rag_eval.evaluation import survey, validation

Save = Callable[[str, str | bytes], Path]
LIVE = "{kind: http, url: 'http://127.0.0.1:9/ask'}"


def _read(path: Path, *, captured: bool = False, **settings: Any) -> tuple[list[Item], Account]:
    tally, source = Tally(), config.DatasetConfig(path=str(path), **settings)
    read = [item for item in items(source, tally, captured=captured) if isinstance(item, Item)]
    return read, tally.account(source.fields)


def _jsonl(save: Save, *rows: dict[str, Any]) -> Path:
    return save("rows.jsonl", "\n".join(map(json.dumps, rows)))


def _remarks(save: Save, dataset: Path, target: str, metric: str = "correctness") -> tuple[str, ...]:
    text = f"name: x\ndataset: {dataset}\ntarget: {target}\nmetrics: [{metric}]\nmlflow: {{enabled: false}}\n"
    return validation.validate(configfile.load(save("x.yaml", text))).remarks


def test_an_answer_is_the_reference_where_nothing_else_can_be(save: Save) -> None:
    """And that is said, with the way out; with the way out taken it is a response."""
    path = save("a.csv", "question,answer\nQ?,A\n")
    (item,), account = _read(path)
    assert (item.case.reference, item.answer.response) == ("A", None)
    assert account.remarks("options") == (
        "answer is taken as the reference; --field response=answer if these are answers of a system",
    )
    (item,), account = _read(path, fields={"response": "answer"})
    assert (item.case.reference, item.answer.response) == (None, "A")
    assert account.remarks("options") == (
        "0 of 1 rows have a reference; --field reference=answer would take the texts of answer",
    )


@pytest.mark.parametrize(
    "other",
    [
        {"ground_truth": "R"},
        {"Expected Output": None},
        {"contexts": ["c"]},
        {"latency_s": 0.5},
        {"Trace ID": "t"},
        {"retrieved_context_ids": ["d"]},
    ],
    ids=str,
)
def test_an_answer_is_a_response_beside_what_tells_so(save: Save, other: dict[str, Any]) -> None:
    """By the columns of the whole file: also in the rows before the first that tells."""
    read, account = _read(_jsonl(save, {"question": "Q?", "answer": "A"}, {"question": "P?", "answer": "B", **other}))
    assert [item.answer.response for item in read] == ["A", "B"]
    assert not account.answers_taken


def test_an_answer_beside_a_response_is_the_reference(save: Save) -> None:
    """A system has answered already, under another name."""
    (item,), _ = _read(save("a.csv", "question,answer,response,contexts\nQ?,R,A,c\n"), captured=True)
    assert (item.case.reference, item.answer.response) == ("R", "A")


def test_who_plays_a_file_wants_its_answers(save: Save) -> None:
    """One file is references for a live target, and responses for a replay of itself."""
    path = save("a.csv", "question,answer\nQ?,A\n")
    way = "dataset.fields: {response: answer}"
    live = f"answer is taken as the reference; {way} if these are answers of a system"
    assert _remarks(save, path, LIVE) == (live,)
    played = _remarks(save, path, "{kind: replay}")
    assert played == ("0 of 1 rows have a reference",)
    assert _remarks(save, path, f"{{kind: replay, path: {path}}}") == played


@pytest.mark.parametrize("spelling", sorted(NOTHING))
@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_what_programs_write_for_nothing_is_nothing(save: Save, spelling: str, ending: str) -> None:
    """In every format, and said once with the count; it can be kept."""
    if ending == "csv":
        path = save("a.csv", f"question,ground_truth,contexts\nQ?,{spelling}, {spelling}\nP?,R,\n")
    else:
        row = {"question": "Q?", "ground_truth": spelling, "contexts": [spelling, "c"]}
        path = _jsonl(save, row, {"question": "P?", "ground_truth": "R"})
    read, account = _read(path)
    assert [item.case.reference for item in read] == [None, "R"]
    assert read[0].answer.retrieved_contexts == (None if ending == "csv" else ("c",))
    remark = f"1 cell holds {spelling}; taken as nothing (--keep-na keeps them)"
    assert set(account.remarks("options")) >= {f"ground_truth: {remark}", f"contexts: {remark}"}
    read, account = _read(path, keep_na=True)
    assert read[0].case.reference == spelling
    assert not account.nothing


def test_nothing_is_no_question(save: Save) -> None:
    """A question `None` is a problem, by its row."""
    (problem,) = items(config.DatasetConfig(path=str(save("a.csv", "question,answer\nNone,A\n"))))
    assert str(problem).endswith("a.csv:2: user_input: expected a question, found 'None'")


def test_what_was_kept_stays_kept(save: Save, tmp_path: Path) -> None:
    """A folder that was built with such a text has it, and says how it was built."""
    path = save("a.csv", "question,ground_truth\nHow many?,None\n")
    built = build(config.DatasetConfig(path=str(path), keep_na=True), tmp_path / "made")
    (item,), account = _read(tmp_path / "made")
    assert item.case.reference == "None"
    assert not account.nothing
    assert built.manifest.lineage[-1].details == {"keep_na": True}


def test_answers_that_are_nothing_are_told_of_a_replay(save: Save) -> None:
    """Also where the answers stand in a file of their own."""
    path = save("a.csv", "question,ground_truth\nQ?,R\n")
    played = save("b.csv", "question,response\nQ?,NaN\n")
    assert "response: 1 cell holds NaN; taken as nothing (dataset.keep_na: true keeps them)" in _remarks(
        save, path, f"{{kind: replay, path: {played}}}"
    )


def test_no_references_are_told_with_the_likeliest_column(save: Save) -> None:
    """Texts go before numbers and before what is the same again and again; a name that hints goes first."""
    rows = [
        {"question": f"Q{n}?", "page": n, "lang": "en", "note": f"A long remark number {n}.", "solution": f"It is {n}."}
        for n in range(40)
    ]
    path = _jsonl(save, *rows)
    _, account = _read(path)
    assert account.candidates == ("solution", "note")
    start = "0 of 40 rows have a reference; columns not used: page, lang, note, solution; "
    assert account.remarks("options") == (f"{start}--field reference=solution would take the texts of solution",)
    way = "dataset.fields: {reference: solution}"
    assert _remarks(save, path, LIVE) == (f"{start}{way} would take the texts of solution",)


def test_a_column_of_names_is_no_reference(save: Save) -> None:
    """Only texts of several words are held out as answers, and only where a metric wants them."""
    rows = [{"question": f"Q{n}?", "topic": f"Ada Lovelace{n}", "note": f"She wrote {n} notes."} for n in range(9)]
    _, account = _read(_jsonl(save, *rows))
    assert account.candidates == ("note",)
    path = _jsonl(save, *({"question": row["question"], "topic": row["topic"]} for row in rows))
    way = "dataset.fields: {reference: COLUMN} would take one of them"
    assert _remarks(save, path, LIVE) == (f"0 of 9 rows have a reference; columns not used: topic; {way}",)
    assert _remarks(save, path, LIVE, "faithfulness") == ()


def test_in_a_few_rows_short_texts_may_be_references(save: Save) -> None:
    """Nothing tells answers of two words from names there; keys are neither."""
    rows = [
        {"question": f"Q{n}?", "canonical": text, "src": f"d{n}"} for n, text in enumerate(("At six.", "The city."))
    ]
    _, account = _read(_jsonl(save, *rows))
    assert account.candidates == ("canonical",)


def test_a_column_is_counted_by_the_rows_that_have_its_field(save: Save) -> None:
    """What holds an empty list or a blank gave the field nothing."""
    held: tuple[object, ...] = ("At six.", [], "", ["nan"], None)
    _, account = _read(_jsonl(save, *({"question": f"Q{n}?", "ground_truth": value} for n, value in enumerate(held))))
    assert account.taken["ground_truth"] == 1


def test_a_place_that_holds_nothing_is_told(save: Save) -> None:
    """A column that was named wrongly is said with a near one."""
    _, account = _read(_jsonl(save, {"question": "Q?", "Golden text": "R"}), fields={"reference": "golden_text"})
    remark = "--field reference=golden_text found nothing in any row; did you mean Golden text?"
    assert account.remarks("options")[0] == remark


@pytest.mark.usefixtures("own_cache")
def test_the_split_that_was_taken_is_told(tmp_path: Path) -> None:
    """Of several; while building, before a run, and in the manifest. Of one there is nothing to tell."""
    part = datasets.Dataset.from_list([{"question": "Q?", "reference": "R"}])
    datasets.DatasetDict({"train": part, "validation": part, "test": part}).save_to_disk(tmp_path / "several")
    part.save_to_disk(tmp_path / "single")
    _, account = _read(tmp_path / "several")
    assert account.remarks("experiment") == (
        "split test taken of train, validation, test; dataset.split: train takes another",
    )
    built = build(config.DatasetConfig(path=str(tmp_path / "several"), split="validation"), tmp_path / "made")
    assert built.manifest.sources[0].split == "validation"
    assert _read(tmp_path / "single")[1].splits is None


@pytest.mark.parametrize(
    ("reference", "kind"),
    [
        ("The manual does not say.", "refuses"),
        ("I don't know.", "refuses"),
        ("It is open.", "answers"),
        ("No.", "answers"),
        ("--", "answers"),
    ],
)
def test_a_reference_that_refuses_says_that_there_is_no_answer(save: Save, reference: str, kind: str) -> None:
    """One who has no column for it writes it into the reference; it is said, and every number goes by it."""
    path = _jsonl(save, {"question": "Q?", "reference": reference}, {"question": "P?", "reference": "It is 3."})
    said = "1 row not marked unanswerable: its reference says that there is no answer, so it counts as a question that"
    assert any(remark.startswith(said) for remark in _remarks(save, path, LIVE)) == (kind == "refuses")
    asked = survey.with_repeats(configfile.load(path.with_name("x.yaml")), None)
    assert [case.answerable for case in asked] == [kind == "answers", True]


def test_of_many_rows_the_first_tell_of_refusing_references(save: Save) -> None:
    """Whether a text refuses takes longer than to read it; what is said says what was looked at."""
    _, account = _read(_jsonl(save, *({"question": f"Q{n}?", "reference": "I don't know."} for n in range(1_001))))
    assert account.refusing == 1_000
    assert any(line.startswith("of the first 1,000 rows 1000 not marked") for line in account.remarks("options"))


def test_each_column_is_told(save: Save) -> None:
    """Column, field, rows; of those that are not used the field that they look like, if hardly a row has it."""
    long = "A passage of the handbook that says when it opens, who may come in, and what that costs. " * 2
    rows = [
        {"question": f"Q{n}?", "contexts": "c", "answer": "A", "passage": f"{long}{n}", "source_doc": f"a#{n}", "n": n}
        for n in range(6)
    ]
    _, account = _read(_jsonl(save, *rows, {"question": "last?"}))
    way, gone = "--field {0} would take it", "of a system, not kept in a dataset"
    assert {(use.column, use.field, use.rows, use.remark) for use in account.uses} == {
        ("question", "user_input", 7, ""),
        ("contexts", "retrieved_contexts", 6, gone),
        ("answer", "response", 6, gone),
        ("passage", None, 0, way.format("reference=passage")),
        ("source_doc", None, 0, way.format("reference_context_ids=source_doc")),
        ("n", None, 0, "kept as metadata"),
    }
    assert account.counts == "of 7 rows have: reference 0, reference_contexts 0, reference_context_ids 0"


def test_what_a_reader_passed_over_is_told(save: Save) -> None:
    """Before a run as well as when a dataset is built."""
    path = save("a.csv", "My questions\nquestion,ground_truth\nQ?,R\nTotal,1\n")
    told = (
        f"{path}:1: stands above the header and was passed over: 'My questions'",
        f"{path}:4: stands below the rows",
    )
    remarks = _read(path)[1].remarks("options")
    assert [remark[: len(line)] for remark, line in zip(remarks, told, strict=True)] == [*told]
    assert _remarks(save, path, LIVE) == remarks
