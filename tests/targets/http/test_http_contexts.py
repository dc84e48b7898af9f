"""Texts and ids of contexts stay beside each other, in bodies and in streams, or are unknown."""

from typing import Any

import jmespath
import pytest

from rag_eval import config
from rag_eval.errors import TargetError
from rag_eval.records import UNKNOWN, Answer
from rag_eval.targets.http.contexts import IDS, TEXTS, listed
from rag_eval.targets.http.extraction import ResponseExtractor, StreamContent, Timing

NO_FIT = "texts and ids of the contexts do not fit each other"
DOCS = [{"text": "A", "id": 1}, {"text": None, "id": 2}, {"id": 3}]


def select(body: Any, texts: str | None = "docs[].text", ids: str | None = "docs[].id", **said: Any) -> Answer:
    """The answer in a body, with its contexts."""
    said = {"retrieved_contexts": texts, "retrieved_context_ids": ids, **said}
    text = "x" if isinstance(body, StreamContent) else None
    return ResponseExtractor(config.SelectConfig(**said)).answer(body, Timing(0, 0), 1, str, text)


def streamed(*events: Any) -> StreamContent:
    """A stream of these events."""
    merged = {key: value for event in events if isinstance(event, dict) for key, value in event.items()}
    return StreamContent(merged, events)


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("docs[].text", ["A", None, None]),
        ("docs[*].text", ["A", None, None]),
        ("docs[?id > `1`].text", [None, None]),
        ("docs[?text].text", ["A"]),
        ("docs[].text | [:2]", ["A", None]),
        ("none[].text || docs[].text", ["A", None, None]),
        ("by_id.*.text", ["A", None]),
        ("plain[]", ["A", None]),
        ("[docs[0].text, docs[1].text]", ["A", None]),
        ("docs", DOCS),
        ("none[].text", None),
    ],
)
def test_a_place_for_what_is_missing(expression: str, values: Any) -> None:
    """Where JMESPath would leave it out."""
    body = {"docs": DOCS, "by_id": {"1": {"text": "A"}, "2": {}}, "plain": ["A", None]}
    assert listed(jmespath.compile(expression), body) == values


@pytest.mark.parametrize("missing", [None, "", " \n", "None", "nan ", "NULL"])
def test_a_context_without_text(missing: str | None) -> None:
    """Makes the texts unknown, with or without ids, and never a shorter list; the ids are kept."""
    docs = [{"text": "A", "id": "1"}, {"text": missing, "id": "2"}]
    for ids in ("docs[].id", None):
        answer = select({"answer": "x", "docs": docs}, ids=ids)
        assert answer.retrieved_contexts is None
        assert answer.metadata == {UNKNOWN: {TEXTS: "contexts came without their text"}}
        assert answer.retrieved_context_ids == (("1", "2") if ids else None)
    left_out = select({"answer": "x", "docs": docs}, texts="docs[?text].text", ids=None)
    assert left_out.retrieved_contexts == (None if missing else ("A",))


@pytest.mark.parametrize(
    ("body", "texts", "ids", "why"),
    [
        ({"t": ["A", "B"], "i": ["1", None]}, ("A", "B"), None, {IDS: "contexts came without their id"}),
        ({"t": ["A"], "i": ["1", "2"]}, None, ("1", "2"), {TEXTS: NO_FIT}),
        ({"t": [], "i": ["1"]}, None, ("1",), {TEXTS: NO_FIT}),
        ({"t": ["A"], "i": []}, ("A",), None, {IDS: NO_FIT}),
        ({"t": [], "i": []}, (), (), None),
        ({"t": ["A", "A"], "i": [1, 1]}, ("A", "A"), ("1", "1"), None),
    ],
)  # fmt: skip
def test_texts_and_ids_that_do_not_fit(body: Any, texts: Any, ids: Any, why: Any) -> None:
    """What is wrong is unknown, and the answer says why; nothing is shifted."""
    answer = select({"answer": "x", **body}, "t", "i")
    assert (answer.retrieved_contexts, answer.retrieved_context_ids) == (texts, ids)
    assert answer.metadata.get(UNKNOWN) == why


def source(number: int, **more: Any) -> dict[str, Any]:
    """An event that brings one source."""
    return {"type": "source", "text": f"T{number}", "sourceId": f"d{number}", **more}


ONE_EACH = ("[text]", "[sourceId]")
DELTA = {"type": "text-delta", "delta": "x"}


@pytest.mark.parametrize(
    "events",
    [
        (source(1), DELTA, source(2), source(3), DELTA),
        (source(1), source(2), source(2), source(3)),
        (source(3), {"text": "T1", "sourceId": "d1"}, source(2)),
    ],
)
def test_one_source_an_event(events: tuple[Any, ...]) -> None:
    """All are taken, in order, one that comes again once, and each text stays with its id."""
    answer = select(streamed(*events), *ONE_EACH)
    order = dict.fromkeys(event["text"][1:] for event in events if "text" in event)
    assert answer.retrieved_contexts == tuple(f"T{number}" for number in order)
    assert answer.retrieved_context_ids == tuple(f"d{number}" for number in order)


def docs(*numbers: int) -> dict[str, Any]:
    """An event with a list of sources."""
    return {"docs": [{"text": f"T{number}", "id": f"d{number}"} for number in numbers]}


@pytest.mark.parametrize(
    ("events", "numbers"),
    [
        ([docs(1, 2)], [1, 2]),
        ([docs(1, 2), docs(1, 2)], [1, 2]),
        ([docs(1), docs(1, 2), docs(1, 2, 3)], [1, 2, 3]),
        ([docs(1, 2), docs(2, 1, 3)], [2, 1, 3]),
        ([docs(1, 2), docs(3)], [1, 2, 3]),
        ([docs(1, 2, 3), docs(2)], [1, 2, 3]),
        ([docs(1, 1)], [1, 1]),
        ([docs(), docs(1)], [1]),
        ([docs()], []),
        ([DELTA, {"docs": None}, docs(4), {"docs": None}], [4]),
    ],
)
def test_lists_in_several_events(events: list[Any], numbers: list[int]) -> None:
    """The same list again, or one that holds all of it, does not double it."""
    answer = select(streamed(*events))
    assert answer.retrieved_contexts == tuple(f"T{number}" for number in numbers)
    assert answer.retrieved_context_ids == tuple(f"d{number}" for number in numbers)


def test_texts_and_ids_in_events_of_their_own() -> None:
    """Fit each other by their number."""
    fits = streamed({"ids": ["1", "2"]}, {"texts": ["A", "B"]}, {"ids": ["1", "2"]})
    assert select(fits, "texts", "ids").retrieved_contexts == ("A", "B")
    answer = select(streamed({"ids": ["1", "2"]}, {"texts": ["A"]}), "texts", "ids")
    assert (answer.retrieved_contexts, answer.retrieved_context_ids) == (None, ("1", "2"))


def test_a_source_without_text_in_a_stream() -> None:
    """Makes the texts unknown; the ids are all there."""
    answer = select(streamed(source(1), {"type": "source", "sourceId": "d2"}, DELTA), *ONE_EACH)
    assert (answer.retrieved_contexts, answer.retrieved_context_ids) == (None, ("d1", "d2"))


def test_scores_of_sources() -> None:
    """Come with them, in their order."""
    answer = select(streamed(source(1, s=0.5), DELTA, source(2, s=0.5)), *ONE_EACH, scores="[s]")
    assert answer.metadata == {"scores": [0.5, 0.5]}


def test_functions_look_only_where_they_can() -> None:
    """An event that is about something else is no error; a stream in which none fits is."""
    by_rank = "sort_by(docs, &rank)[].text"
    ranked = {"docs": [{"text": "B", "rank": 2}, {"text": "A", "rank": 1}]}
    assert select(streamed(DELTA, ranked), by_rank, None).retrieved_contexts == ("A", "B")
    with pytest.raises(TargetError, match="does not fit the answer"):
        select(streamed(DELTA), by_rank, None)


@pytest.mark.parametrize(("texts", "reason"), [("docs[].text", "bad_contexts"), ("type", "bad_contexts")])
def test_no_list_anywhere(texts: str, reason: str) -> None:
    """Is a failure that names the setting."""
    with pytest.raises(TargetError, match=r"target\.select\.retrieved_contexts") as caught:
        select(streamed(DELTA), texts, None)
    assert caught.value.reason == reason


def test_a_stream_of_which_no_event_brings_a_source() -> None:
    """Has no known contexts: it may be that nothing was retrieved, or that they stand elsewhere."""
    answer = select(streamed(DELTA, DELTA), *ONE_EACH)
    assert (answer.retrieved_contexts, answer.retrieved_context_ids) == (None, None)
    assert answer.metadata[UNKNOWN] == {
        TEXTS: "contexts came without their text", IDS: "contexts came without their id"
    }  # fmt: skip


def test_an_answer_that_says_that_it_was_cut() -> None:
    """Is none, in one piece as in several; one that only failed is quoted."""
    body = {"choices": [{"message": {"content": "At s"}, "finish_reason": "length"}]}
    with pytest.raises(TargetError, match="'length'") as caught:
        ResponseExtractor(config.SelectConfig(response="choices[0].message.content")).answer(body, Timing(0, 0), 1, str)
    assert caught.value.reason == "cut_off"
    with pytest.raises(TargetError, match="the service says: store timed out") as caught:
        ResponseExtractor(config.SelectConfig()).answer(
            {"answer": "", "error": "store timed out"}, Timing(0, 0), 1, str
        )
    assert caught.value.reason == "service_error"


@pytest.mark.parametrize(
    ("path", "body", "is_known"),
    [
        ("contexts", {"contexts": None}, False),
        ("docs[].text", {"docs": None}, False),
        ("docs[?text].text", {"docs": None}, False),
        ("a.docs[*].text", {"a": {"docs": None}}, False),
        ("a.docs | [].text", {"a": {"docs": None}}, False),
        ("contexts", {"contexts": []}, True),
    ],
)
def test_null_in_place_of_a_list_is_unknown(path: str, body: dict[str, Any], *, is_known: bool) -> None:
    """The answer counts all the same; what was retrieved for it, nobody knows."""
    answer = select({"answer": "At six.", **body}, path, None)
    assert (answer.response, answer.retrieved_contexts) == ("At six.", () if is_known else None)
    assert answer.metadata.get(UNKNOWN) == (
        None if is_known else {"retrieved_contexts": "the service gave null for them"}
    )


@pytest.mark.parametrize("path", ["docs[].text", "contexts.text", "a.b", "length(@) && none"])
def test_a_path_that_leads_nowhere_is_a_mistake(path: str) -> None:
    """And no null of the service's."""
    with pytest.raises(TargetError) as caught:
        select({"answer": "At six.", "contexts": [{"text": "Six."}]}, path, None)
    assert caught.value.reason == "bad_contexts"
