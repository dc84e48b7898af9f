"""A hundred conversations of one to six turns are read as they were, in every dialect."""

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.conversations import FAILURE, TOGETHER, WRITERS, conversations, steps, truth, turns_of

from rag_eval import traces

COUNT = 100
CONVERSATIONS = conversations(COUNT)
WITHOUT_IDS = ("trulens",)


Reading = Callable[..., list[traces.Exchange]]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    """Reads the conversations in a dialect, once for all tests of this module."""
    return functools.cache(functools.partial(_read, tmp_path_factory.mktemp("conversations")))


def _read(folder: Path, name: str, *, together: bool) -> list[traces.Exchange]:
    """The exchanges in the file of a dialect, of which nothing may be skipped."""
    written = WRITERS[name]([trace for turns in CONVERSATIONS for trace in steps(turns, together=together)])
    path = folder / "t.json"
    path.write_text(json.dumps(written))
    exchanges = list(traces.read(str(path)))
    assert not [each for each in exchanges if isinstance(each, traces.SkippedTrace)]
    return [each for each in exchanges if isinstance(each, traces.Exchange)]


def differing(exchanges: list[traces.Exchange], name: str) -> list[tuple[str, Any, Any]]:
    """Fields that are not as they were, with both values."""
    read = {each.question: each for each in exchanges}
    wrong: list[tuple[str, Any, Any]] = []
    for turn in turns_of(CONVERSATIONS):
        exchange = read.get(turn.question)
        for field, value in truth(turn).items():
            own = getattr(exchange, field, "no such exchange")
            wrong += [(f"{turn.key} {field}", own, value)] if own != value else []
        ids = tuple(key for key, _ in turn.passages)
        if exchange and name not in WITHOUT_IDS and exchange.context_ids != ids:
            wrong.append((f"{turn.key} ids", exchange.context_ids, ids))
    return wrong


@pytest.mark.slow
@pytest.mark.parametrize("name", WRITERS)
def test_conversations_are_read_as_they_were(read: Reading, name: str) -> None:
    """As many exchanges as questions, and no exchange takes another's passages or answer."""
    exchanges = read(name, together=False)
    assert len(exchanges) == len(list(turns_of(CONVERSATIONS)))
    assert not differing(exchanges, name)[:5]


@pytest.mark.slow
@pytest.mark.parametrize("name", TOGETHER)
def test_sessions_in_one_trace_are_read_as_they_were(read: Reading, name: str) -> None:
    """Each turn with its own spans."""
    exchanges = read(name, together=True)
    assert len(exchanges) == len(list(turns_of(CONVERSATIONS)))
    assert not differing(exchanges, name)[:5]


@pytest.mark.parametrize("name", WRITERS)
def test_failed_requests_give_no_answer(read: Reading, name: str) -> None:
    """In no dialect, whatever the model had said until then; the innermost reason is kept where it was recorded."""
    failed = {turn.question for turn in turns_of(CONVERSATIONS) if turn.answer is None}
    exchanges = [each for each in read(name, together=False) if each.question in failed]
    assert len(exchanges) == len(failed) > 20
    assert [each.response for each in exchanges if each.response is not None] == []
    reasons = {each.metadata.get("error") for each in exchanges}
    assert reasons == ({"the span failed"} if name == "trulens" else {FAILURE})


COLUMNS = ("question", "answer", "contexts", "ids", "turn", "why it failed", "tokens")
DOCS = Path(__file__).resolve().parents[2] / "docs" / "traces.md"
_MADE, _END = "<!-- made by tests/traces/test_traces_conversations.py -->\n", "<!-- end -->"


def _cells(exchanges: list[traces.Exchange], name: str) -> list[str]:
    """What comes through of each column: yes, or a dash where it is not in such traces."""
    wrong = {place.split()[1] for place, _, _ in differing(exchanges, name)}
    failed = [each for each in exchanges if each.response is None]
    known = {
        "question": "question" not in wrong,
        "answer": "response" not in wrong,
        "contexts": "contexts" not in wrong,
        "ids": "ids" not in wrong and name not in WITHOUT_IDS,
        "turn": "turn" not in wrong,
        "why it failed": {each.metadata.get("error") for each in failed} == {FAILURE},
        "tokens": all(each.input_tokens for each in exchanges if each.response),
    }
    return ["yes" if known[column] else "–" for column in COLUMNS]


def test_the_table_in_the_documentation_is_what_the_tests_found(read: Reading) -> None:
    """Each dialect, and what comes through of it."""
    lines = [
        f"| written as | {' | '.join(COLUMNS)} | a session in one trace |",
        f"| --- |{' --- |' * (len(COLUMNS) + 1)}",
    ]
    for name in WRITERS:
        cells = _cells(read(name, together=False), name)
        whole = name in TOGETHER and not differing(read(name, together=True), name)
        lines.append(f"| {name} | {' | '.join(cells)} | {'yes' if whole else '–'} |")
    shown = DOCS.read_text().partition(_MADE)[2].partition(_END)[0]
    assert shown == "\n".join(lines) + "\n"
