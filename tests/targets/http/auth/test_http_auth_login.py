"""A form login."""

import pytest

from rag_eval.errors import ConfigError
from rag_eval.targets.http.auth.login import LoginConfig
from rag_eval.targets.http.credentials import TokenEndpoint, credentials_of

SETTINGS = {"kind": "login", "url": "${AT}/login", "username_env": "U", "password_env": "P"}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"U": "ada", "P": "right horse", "AT": "http://h"}.items():
        monkeypatch.setenv(name, value)


def test_where_the_token_is_fetched() -> None:
    """Messages name the variable of the address, and never its value."""
    config = LoginConfig.model_validate({**SETTINGS, "token": "data.jwt"})
    form = {"username": "ada", "password": "right horse"}
    endpoint = TokenEndpoint("http://h/login", form, "login at ${AT}/login", "data.jwt", "expires_in")
    assert credentials_of(config) == endpoint
    assert endpoint.secrets == {"right horse"}
    assert config.addresses == {"url": "${AT}/login"}


def test_a_refresh_token_needs_somewhere_to_go() -> None:
    """Without `refresh_url` it is not looked for."""
    config = LoginConfig.model_validate({**SETTINGS, "refresh_url": "${AT}/refresh"})
    endpoint = credentials_of(config)
    assert isinstance(endpoint, TokenEndpoint)
    assert (endpoint.refresh_url, endpoint.refresh_token) == ("http://h/refresh", "refresh_token")
    assert config.addresses == {"url": "${AT}/login", "refresh_url": "${AT}/refresh"}


@pytest.mark.parametrize("name", ["U", "P", "AT"])
def test_a_variable_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Before anybody is asked."""
    monkeypatch.delenv(name)
    with pytest.raises(ConfigError, match=rf"target\.auth\.\w+: environment variable {name} is not set"):
        credentials_of(LoginConfig.model_validate(SETTINGS))
