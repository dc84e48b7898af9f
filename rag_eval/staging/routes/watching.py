"""See that the service is up, whether it can answer, and its numbers. Open to whoever reaches the port."""

from typing import Any

from fastapi import APIRouter, Response

from rag_eval.staging.parts import Parts
from rag_eval.staging.problems import documented
from rag_eval.staging.routes.known import Ours
from rag_eval.staging.wire import Health, Readiness

_TEXT: dict[int | str, dict[str, Any]] = {
    200: {"description": "Prometheus' text format.", "content": {"text/plain": {"schema": {"type": "string"}}}}
}


def router(_: Parts) -> APIRouter:
    """The routes."""
    routes = APIRouter(tags=["operation"], responses=documented(500, 504))
    routes.get("/health")(health)
    routes.get("/ready")(ready)
    routes.get("/metrics", response_class=Response, responses=_TEXT)(metrics)
    return routes


async def health(parts: Ours) -> Health:
    """Say that the service is up, with which profile and how many passages."""
    return Health(profile=parts.settings.profile, passages=len(parts.bm25))


async def ready(parts: Ours) -> Readiness:
    """Say whether the service can answer as it should, or which parts something else stands in for."""
    states = await parts.states()
    is_whole = all(state in ("ok", "off") for state in states.values())
    return Readiness(status="ready" if is_whole else "degraded", parts=states)


async def metrics(parts: Ours) -> Response:
    """Show the numbers of all workers."""
    return parts.metrics.exposed()
