"""Load tests that nobody made: a plan, and the requests of one."""

from rag_eval import config
from rag_eval.loadtest.plan import LoadPlan
from rag_eval.loadtest.samples import Note, RequestSample
from rag_eval.targets.http.config import HttpConfig

OVER = Note("complete", 0.0, 10.0)
"""Says that a test had its whole time."""


def plan(**load: object) -> LoadPlan:
    """A plan of ten seconds."""
    return LoadPlan(
        key="k",
        name="test",
        target=HttpConfig(kind="http", url="http://127.0.0.1/"),
        load=config.LoadConfig.model_validate({"duration": 10, "users": 2, **load}),
        seed=0,
        fingerprint="",
    )


def sample(at: float = 0.0, seconds: float = 0.1, endpoint: str = "query", kind: str = "") -> RequestSample:
    """One request."""
    return RequestSample(at, seconds, endpoint, kind, 100, 0.0)
