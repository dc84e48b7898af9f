"""Where an answer holds what."""

from typing import Any

import pytest
from support.asking import ask_case, echo, http, serving

from rag_eval.errors import ConfigError
from rag_eval.targets.http.target import HttpTarget


def pick(body: dict[str, Any]) -> dict[str, Any]:
    """Somebody's own way to read an answer."""
    return {"response": body["answer"].upper(), "retrieved_contexts": [d["t"] for d in body["docs"]]}


def test_what_is_picked_out_of_the_answer() -> None:
    """Scores and usage are kept with it; a function picks what no expression can."""
    app, _ = echo()
    select = {"response": "answer", "retrieved_context_ids": "docs[].id", "scores": "docs[].s", "usage": "tokens"}
    with serving(app) as url:
        answer = ask_case(http(url, select=select))
        own = ask_case(http(url, select={"use": f"{__name__}:pick"}))
    assert answer.retrieved_context_ids == ("7",)
    assert answer.metadata == {"scores": [0.9], "usage": {"prompt": 3}}
    assert (own.response, own.retrieved_contexts) == ("AT NINE.", ("Nine.",))
    with pytest.raises(ConfigError, match="cannot be imported"):
        HttpTarget(http("http://127.0.0.1:9", select={"use": "nowhere:at_all"}))
