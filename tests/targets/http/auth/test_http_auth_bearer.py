"""A bearer token out of the environment."""

import pytest

from rag_eval.errors import ConfigError
from rag_eval.targets.http.auth.bearer import BearerConfig
from rag_eval.targets.http.credentials import Credentials, credentials_of

BEARER = BearerConfig(kind="bearer", token_env="T")


def test_it_goes_into_its_header_and_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable is what `doctor` looks for."""
    monkeypatch.setenv("T", "abc")
    assert credentials_of(BEARER) == Credentials(
        {"authorization": "Bearer abc"}, token="abc", hidden=frozenset({"abc"})
    )
    assert BEARER.variables == ("T",)


def test_a_variable_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to do."""
    monkeypatch.delenv("T", raising=False)
    with pytest.raises(
        ConfigError, match=r"target\.auth\.token_env: environment variable T is not set\. Do: export T=…"
    ):
        credentials_of(BEARER)


def test_a_token_that_no_header_holds_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be the secret with something pasted beside it."""
    monkeypatch.setenv("T", "secret\nx")
    with pytest.raises(ConfigError, match="the token in T: holds a character") as raised:
        credentials_of(BEARER)
    assert "secret" not in str(raised.value)
