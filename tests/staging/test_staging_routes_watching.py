"""Whether the service is up, whether it can answer, and its numbers: for whoever reaches the port."""

import asyncio

import pytest
from fastapi import FastAPI
from staging.serving import Configure, answered

from rag_eval.staging.api import create_app
from rag_eval.staging.circuits import Deadline
from rag_eval.staging.errors import PartRejection
from rag_eval.staging.parts import Parts


def fail(app: FastAPI, part: str, times: int) -> None:
    """Have a part fail so many times."""
    parts: Parts = app.state.parts

    async def once() -> None:
        raise PartRejection("away")

    async def work() -> None:
        for _ in range(times):
            with pytest.raises(PartRejection):
                await parts.circuits[part].call(once, Deadline(10))  # type: ignore[index]

    asyncio.run(work())


def test_it_is_up_with_so_many_passages(configure: Configure) -> None:
    """And by which profile; nobody need be known for it."""
    response = answered(create_app(configure(PROFILE="weak")), "GET", "/health")
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "profile": "weak", "passages": 7}


def test_parts_that_are_not_configured_are_off(configure: Configure) -> None:
    """Nothing stands in for them, so that the service is ready."""
    parts = {"llm": "off", "retrieval": "off", "redis": "off"}
    assert answered(create_app(configure()), "GET", "/ready").json() == {"status": "ready", "parts": parts}


def test_a_part_that_failed_too_often_is_down(configure: Configure) -> None:
    """Once is not too often; then the service says that it answers with less than it should."""
    model = {"LLM_BASE_URL": "http://127.0.0.1:9/v1", "LLM_MODEL": "tiny", "BREAKER_FAILURES": "2"}
    app = create_app(configure(**model))
    for failures, state, status in ((0, "ok", "ready"), (1, "ok", "ready"), (1, "down", "degraded")):
        fail(app, "llm", failures)
        body = answered(app, "GET", "/ready").json()
        assert (body["status"], body["parts"]["llm"]) == (status, state)
    assert answered(app, "GET", "/health").json()["status"] == "ok", "it is up all the same"


def test_numbers_are_prometheus_text(configure: Configure) -> None:
    """Of each part its breaker, and of requests how many."""
    app = create_app(configure())
    answered(app, "GET", "/health")
    response = answered(app, "GET", "/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    assert "# TYPE rag_fallbacks_total counter" in response.text


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics"])
def test_nothing_is_changed_there(configure: Configure, path: str) -> None:
    """They are looked at, and nothing is sent to them."""
    assert answered(create_app(configure()), "POST", path).status_code == 405
