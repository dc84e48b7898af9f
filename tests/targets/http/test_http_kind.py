"""A service over HTTP as a kind of target: what is wrong with its settings is told before anything is asked."""

import asyncio

import pytest
from support.rag_server import RagServer

from rag_eval.errors import ConfigError
from rag_eval.records import Case
from rag_eval.targets import TargetContext
from rag_eval.targets.http import kind
from rag_eval.targets.http.config import HttpConfig


def config(**said: object) -> HttpConfig:
    """What an experiment says of a service."""
    return HttpConfig.model_validate({"kind": "http", "url": "http://127.0.0.1:9/ask", "retries": 0, **said})


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ({"url": "http://127.0.0.1/${RAG_NOT_THERE}"}, "target.url"),
        ({"headers": {"X-Key": "${RAG_NOT_THERE}"}}, "target.headers"),
        ({"body": {"q": "{{ user_input"}}, "target.body"),
        ({"body": {"q": "{% for %}"}}, "target.body"),
        ({"select": {"response": "a["}}, "target.select"),
    ],
)
def test_what_is_wrong_is_named_by_its_setting(said: dict[str, object], where: str) -> None:
    """And no service is asked for it."""
    with pytest.raises(ConfigError, match=where):
        kind.check(config(**said))


def test_what_can_be_asked_is_right() -> None:
    """Whether anybody answers there is found out later."""
    kind.check(config(body={"q": "{{ user_input }}", "n": 3}, select={"response": "a.b"}))


@pytest.mark.parametrize(("idempotent", "expected"), [(False, [("c1", True)]), (True, [])])
def test_who_listens_is_told_of_what_must_not_be_asked_twice(
    *, idempotent: bool, expected: list[tuple[str, bool]]
) -> None:
    """Just before it goes out, and of nothing else."""
    told: list[tuple[str, bool]] = []

    def listen(case_id: str, *, sent: bool) -> None:
        told.append((case_id, sent))

    async def ask(url: str) -> None:
        settings = config(url=url, idempotent=idempotent, select={"response": "answer"})
        async with kind.connect(settings, TargetContext(seed=3, run_key="run-1", sending=listen)) as target:
            assert (await target.answer(Case(id="c1", user_input="When?"))).response

    with RagServer() as server:
        asyncio.run(ask(server.url))
    assert told == expected
