"""JMESPath expressions that are none, or do not fit."""

import pytest
from support.login_service import LOGIN, http, refused
from support.rag_server import RagServer

from rag_eval.errors import ConfigError
from rag_eval.targets.http.target import HttpTarget


def test_a_path_is_checked_when_the_target_is_made() -> None:
    """A JMESPath that cannot be read is a mistake of the configuration, also the one of a login's token."""
    with pytest.raises(ConfigError, match=r"target\.select\.response"):
        HttpTarget(http("http://127.0.0.1:9", select={"response": "answer["}))
    with pytest.raises(ConfigError, match=r"target\.auth\.token"):
        HttpTarget(http("http://127.0.0.1:9", auth={**LOGIN, "url": "http://x", "token": "a["}))


def test_a_path_whose_function_does_not_fit() -> None:
    """A function over a field that is not there is a failure of the case with its place."""
    with RagServer() as server:
        error = refused(http(server.url, select={"response": "join(' ', parts)"}))
    assert (error.reason, "target.select.response" in str(error)) == ("no_answer", True)
