"""One of the processes that score answers for another one: it reads cases from a socket and writes their outcomes.

It is begun by `workers`, keeps nothing, and ends when nobody is at the other end any more. Both sides write messages of
JSON, each behind its length in four bytes: first the settings, then lists of cases with what is done already, and
lists of outcomes in their place.
"""

import asyncio
import gc
import importlib
import json
import os
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from io import BufferedIOBase
from typing import Any, Final

from pydantic import TypeAdapter

from rag_eval import config, judges, metrics
from rag_eval.evaluation import engine
from rag_eval.plugins import JUDGES
from rag_eval.records import Case, Outcome, Reply, Usage

LENGTH: Final = struct.Struct("!I")
"""What stands before each message."""

OUTCOME: Final[TypeAdapter[Outcome]] = TypeAdapter(Outcome)
_REPLY: Final[TypeAdapter[Reply]] = TypeAdapter(Reply)

Outcomes = dict[str, str]
"""Name of a metric to its outcome as JSON."""


@dataclass(frozen=True)
class Nowhere:
    """Keeps nothing: who asked for the outcomes does."""

    def record_outcomes(self, case_id: str, outcomes: Mapping[str, Outcome]) -> None:
        """Leave it."""

    def cached_reply(self, _: str) -> None:
        """None is kept."""

    def cache_reply(self, key: str, body: str) -> None:
        """Leave it."""

    def add_usage(self, usage: Usage) -> None:
        """Leave it."""


def framed(message: Any) -> bytes:
    """A message as it is sent."""
    body = json.dumps(message, ensure_ascii=False).encode()
    return LENGTH.pack(len(body)) + body


def settings_of(experiment: config.Experiment) -> dict[str, Any]:
    """What a process must know to score as this one does."""
    return {
        "metrics": experiment.metrics,
        "refusals": experiment.refusals.model_dump(mode="json"),
        "judge": experiment.judge.model_dump(mode="json"),
        "seed": experiment.seed,
    }


def dumped(outcomes: Mapping[str, Outcome]) -> Outcomes:
    """Outcomes as they are sent."""
    return {name: outcome.model_dump_json() for name, outcome in outcomes.items()}


def read(outcomes: Outcomes) -> dict[str, Outcome]:
    """Outcomes as they were sent."""
    return {name: OUTCOME.validate_json(body) for name, body in outcomes.items()}


def main(modules: str, *sockets: int) -> None:
    """Serve one socket; of several, each in a process that is forked when the modules are imported."""
    for module in filter(None, modules.split(",")):
        importlib.import_module(module)
    if len(sockets) == 1:
        serve(sockets[0])
        return
    gc.freeze()
    children = []
    for number in sockets:
        if not (child := os.fork()):
            for other in sockets:
                if other != number:
                    os.close(other)
            status = 1
            try:
                serve(number)
                status = 0
            finally:
                os._exit(status)
        children.append(child)
    for number in sockets:
        os.close(number)
    for child in children:
        os.waitpid(child, 0)


def serve(number: int) -> None:
    """Score what comes through a socket, until nothing more comes."""
    with socket.socket(fileno=number) as connection, connection.makefile("rwb") as stream:
        settings = _message(stream)
        if settings is not None:
            asyncio.run(_score_all(settings, stream))


async def _score_all(settings: Mapping[str, Any], stream: BufferedIOBase) -> None:
    kind = JUDGES.load(settings["judge"]["kind"])
    judge_config, nowhere = kind.Config.model_validate(settings["judge"]), Nowhere()
    specs = metrics.select(settings["metrics"], config.RefusalsConfig.model_validate(settings["refusals"]))
    async with judges.connect(judge_config, nowhere, seed=settings["seed"], round_=0) as judge:
        measured, derived = metrics.connect(specs, judge), [spec for spec in specs if spec.derived]
        while (batch := _message(stream)) is not None:
            answers = []
            for case, reply, done in batch:
                given = Case.model_validate_json(case), _REPLY.validate_json(reply), read(done)
                both = await engine.score_case(measured, derived, nowhere, *given)
                answers.append([dumped(outcomes) for outcomes in both])
            stream.write(framed(answers))
            stream.flush()


def _message(stream: BufferedIOBase) -> Any:
    """The next message; None where the other side has ended."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    return json.loads(stream.read(LENGTH.unpack(head)[0]))
