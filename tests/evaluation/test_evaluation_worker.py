"""What a process that scores for another one reads and writes."""

import json
import socket
from pathlib import Path
from typing import Any

from support.replays import experiment

from rag_eval.evaluation import worker
from rag_eval.records import Answer, Case, NotApplicable, Score

CASE = Case(id="a", user_input="When does it leave?", reference_context_ids=("p1",))
REPLY = Answer(response="At noon.", retrieved_context_ids=("p2", "p1"))


def _served(*messages: Any) -> list[Any]:
    """What a process writes that reads these messages and then nothing more."""
    ours, theirs = socket.socketpair()
    with ours:
        ours.sendall(b"".join(map(worker.framed, messages)))
        ours.shutdown(socket.SHUT_WR)
        worker.serve(theirs.detach())
        with ours.makefile("rb") as stream:
            said = []
            while head := stream.read(worker.LENGTH.size):
                said.append(json.loads(stream.read(worker.LENGTH.unpack(head)[0])))
    return said


def _told(done: dict[str, Any]) -> list[Any]:
    return [CASE.model_dump_json(), REPLY.model_dump_json(), worker.dumped(done)]


def _values(outcomes: worker.Outcomes) -> dict[str, float]:
    return {name: outcome.value for name, outcome in worker.read(outcomes).items() if isinstance(outcome, Score)}


def test_each_batch_is_answered_case_by_case(tmp_path: Path) -> None:
    """With what was measured and what follows from it; what is done already is neither."""
    settings = worker.settings_of(experiment(tmp_path, metrics=["recall@5", "mrr"]))
    done = {"mrr": NotApplicable(reason="done before")}
    [first, second] = _served(settings, [_told({}), _told(done)], [_told(done)])
    whole, part = ([_values(outcomes) for outcomes in answer] for answer in first)
    assert whole == [{"recall@5": 1.0, "mrr": 0.5}, {"answered": 1.0}]
    assert part == [{"recall@5": 1.0}, {"answered": 1.0}]
    assert [[_values(outcomes) for outcomes in answer] for answer in second] == [part]


def test_nobody_at_the_other_end_is_an_end() -> None:
    """Also before anything was said."""
    assert _served() == []


def test_texts_of_every_kind_come_through() -> None:
    """Signs of any script, and line breaks, in a message."""
    message = {"text": "ö 汉 \u2028 \n \x00 😀"}
    framed = worker.framed(message)
    assert json.loads(framed[worker.LENGTH.size :]) == message
    assert worker.LENGTH.unpack(framed[: worker.LENGTH.size]) == (len(framed) - worker.LENGTH.size,)
