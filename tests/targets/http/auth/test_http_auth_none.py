"""A service that asks for nothing."""

from rag_eval.targets.http.auth import none
from rag_eval.targets.http.config import HttpConfig
from rag_eval.targets.http.credentials import Credentials, credentials_of


def test_it_is_what_a_target_has_that_says_nothing() -> None:
    """And nothing goes along with its requests."""
    target = HttpConfig(kind="http", url="http://h")
    assert target.auth == none.Config()
    assert credentials_of(target.auth) == Credentials()
