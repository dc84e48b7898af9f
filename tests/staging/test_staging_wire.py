"""What goes over the wire: what is taken in, what is refused, and what stands in an answer."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from rag_eval.staging import wire
from rag_eval.staging.wire import EnhancedReply, Query, Refresh, Registration, Reply, ScoredContext, Token

_CONTEXT: dict[str, Any] = {"id": "a#b", "text": "t", "score": 1.5}


def refused(model: type[BaseModel], **fields: Any) -> str:
    """The field that a record is refused for."""
    with pytest.raises(ValidationError) as raised:
        model.model_validate(fields)
    [fault] = raised.value.errors()
    return ".".join(map(str, fault["loc"]))


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("When?", "When?"),
        ("  When?\n", "When?"),
        ("né 🦦", "né 🦦"),
        ("x" * 2000, "x" * 2000),
        (f" {'x' * 2000} ", "x" * 2000),
    ],
)
def test_a_question_is_taken_without_the_blanks_around_it(query: str, asked: str) -> None:
    """They do not count towards its length either."""
    assert Query(query=query).query == asked


@pytest.mark.parametrize("query", ["", " ", "\n\t", "x" * 2001, None, 5, ["q"]])
def test_a_question_must_be_one(query: object) -> None:
    """A text with something in it, and no novel."""
    assert refused(Query, query=query) == "query"


@pytest.mark.parametrize(("wanted", "taken"), [(1, 1), (20, 20), (5.0, 5)])
def test_so_many_contexts_may_be_wanted(wanted: object, taken: int) -> None:
    """JSON has one kind of number: 5.0 is 5."""
    asked = Query.model_validate({"query": "q", "max_results": wanted})
    assert asked.max_results == taken
    assert type(asked.max_results) is int


@pytest.mark.parametrize("wanted", [0, 21, -1, 1.5, "5", True, None, float("nan"), float("inf"), 1e300])
def test_nothing_else_is_a_number_of_contexts(wanted: object) -> None:
    """Neither a text that looks like one, nor a yes."""
    assert refused(Query, query="q", max_results=wanted) == "max_results"


@given(st.text(min_size=1, max_size=12).filter(lambda name: name not in {"query", "max_results"}))
def test_a_key_that_nobody_knows_is_refused(name: str) -> None:
    """A misspelt one is told of, and not passed over."""
    assert refused(Query, query="q", **{name: 1}) == name


@pytest.mark.parametrize("name", ["ada", "a.b-c_d@e", "007", "x" * 64])
def test_a_username(name: str) -> None:
    """Of letters, digits and a few marks."""
    assert Registration(username=name, password="p" * 8).username == name


@pytest.mark.parametrize("name", ["", "ab", "x" * 65, "-ada", ".ada", "@ada", "a da", "adä", "ada\n", "ada/..", None])
def test_what_is_no_username(name: object) -> None:
    """Neither too short, nor one that could be taken for something else where it is shown."""
    assert refused(Registration, username=name, password="p" * 8) == "username"


@pytest.mark.parametrize(("length", "taken"), [(7, False), (8, True), (256, True), (257, False)])
def test_a_password_has_a_length(length: int, *, taken: bool) -> None:
    """And is otherwise anybody's own business."""
    if taken:
        assert Registration(username="ada", password="ü" * length).password == "ü" * length
    else:
        assert refused(Registration, username="ada", password="ü" * length) == "password"


def test_a_refresh_is_of_one_kind() -> None:
    """As RFC 6749 names it; another one is no refresh."""
    assert Refresh(refresh_token="t").grant_type == "refresh_token"
    assert refused(Refresh, refresh_token="t", grant_type="password") == "grant_type"
    assert refused(Refresh, refresh_token="") == "refresh_token"
    assert refused(Refresh, refresh_token="t" * 4097) == "refresh_token"


def test_a_token_says_what_it_is() -> None:
    """By the names that clients look for."""
    token = Token(access_token="a", refresh_token="r", expires_in=60).model_dump()
    assert token == {"access_token": "a", "refresh_token": "r", "token_type": "bearer", "expires_in": 60}


def test_an_answer_is_whole_unless_it_says_otherwise() -> None:
    """Nothing stood in, and it was written for this question."""
    reply = Reply(answer="a", contexts=[], profile="strong", degraded=False).model_dump()
    assert (reply["degraded_by"], reply["cached"]) == ([], False)


@pytest.mark.parametrize("part", ["llm", "retrieval", "redis"])
def test_a_part_that_something_stood_in_for_is_named(part: str) -> None:
    """One of three, and no other."""
    fields = {"answer": "a", "contexts": [], "profile": "strong", "degraded": True}
    assert Reply.model_validate({**fields, "degraded_by": [part]}).degraded_by == [part]
    assert refused(Reply, **fields, degraded_by=["disk"]) == "degraded_by.0"


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan"), float("inf")])
def test_a_share_lies_between_nothing_and_all(share: float) -> None:
    """A confidence as a coverage."""
    fields = {"answer": "a", "contexts": [], "profile": "strong", "degraded": False}
    assert refused(EnhancedReply, **fields, confidence=share) == "confidence"
    assert refused(ScoredContext, **_CONTEXT, coverage=share) == "coverage"


@pytest.mark.parametrize("score", [float("nan"), float("inf")])
def test_a_score_is_a_number(score: float) -> None:
    """JSON has no other."""
    assert refused(wire.ReplyContext, **{**_CONTEXT, "score": score}) == "score"


def test_contexts_of_an_enhanced_answer_say_how_well_they_cover() -> None:
    """Each of them."""
    fields = {"answer": "a", "profile": "strong", "degraded": False, "confidence": 0.5}
    assert refused(EnhancedReply, **fields, contexts=[_CONTEXT]) == "contexts.0.coverage"


@pytest.mark.parametrize("state", ["queued", "indexed", "failed"])
def test_a_document_is_in_a_state_that_the_store_knows(state: str) -> None:
    """And in none that it does not."""
    fields = {"id": "d", "name": "a.md", "passages": 0}
    assert wire.DocumentReply.model_validate({**fields, "state": state}).state == state
    assert refused(wire.DocumentReply, **fields, state="gone") == "state"


@pytest.mark.parametrize("record", [Query(query="q"), Token(access_token="a", refresh_token="r", expires_in=1)])
def test_a_record_does_not_change(record: BaseModel) -> None:
    """What was checked stays as it was."""
    with pytest.raises(ValidationError, match="frozen"):
        setattr(record, next(iter(type(record).model_fields)), "x")
