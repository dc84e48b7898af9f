"""Tokens and credentials."""

from itertools import count

import pytest

from rag_eval.staging.settings import Settings
from rag_eval.staging.tokens import Tokens, may_log_in


def test_token_is_good_until_it_expires() -> None:
    """A token is good from its issue until just before its time is over, and no longer."""
    now = [100.0]
    tokens = Tokens(60, lambda: now[0])
    token = tokens.issue()
    now[0] = 159.9
    assert tokens.is_good(token)
    now[0] = 160.0
    assert not tokens.is_good(token)


def test_tokens_differ_and_strangers_are_refused() -> None:
    """Each login gets its own token; one that was never issued is no good, whatever it is made of."""
    tokens = Tokens(60, lambda: 0.0)
    assert tokens.issue() != tokens.issue()
    assert not any(tokens.is_good(forged) for forged in ("", "x" * 43, "\ud800", "é"))


def test_count_is_bounded() -> None:
    """Beyond the bound the oldest token goes; expired ones make room first."""
    tokens = Tokens(60, lambda: 0.0, most=2)
    first, second, third = tokens.issue(), tokens.issue(), tokens.issue()
    assert [tokens.is_good(token) for token in (first, second, third)] == [False, True, True]

    clock = count(0, 30)
    aging = Tokens(60, lambda: float(next(clock)), most=100)
    for _ in range(50):
        aging.issue()
    assert len(aging._expiries) < 4


@pytest.mark.parametrize(
    ("username", "password", "right"),
    [
        ("ada", "p\u00e4ss", True),
        ("ada", "pass", False),
        ("eve", "p\u00e4ss", False),
        ("", "", False),
        ("ada", "\ud800", False),
    ],
)
def test_credentials(username: str, password: str, right: bool) -> None:  # noqa: FBT001  a column of the table
    """Only the right name with the right password is let in; no letters make the comparison fail."""
    environ = {"RAG_STAGING_USERNAME": "ada", "RAG_STAGING_PASSWORD": "p\u00e4ss"}
    assert may_log_in(Settings.from_environ(environ), username, password) is right
