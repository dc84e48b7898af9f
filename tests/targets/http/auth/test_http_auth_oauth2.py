"""A token by client credentials."""

import pytest

from rag_eval.targets.http.auth.oauth2 import OAuth2Config
from rag_eval.targets.http.credentials import TokenEndpoint, credentials_of


@pytest.mark.parametrize("more", [{}, {"scope": "read"}, {"scope": "read", "audience": "rag"}])
def test_the_form_is_that_of_the_specification(monkeypatch: pytest.MonkeyPatch, more: dict[str, str]) -> None:
    """RFC 6749, section 4.4.2; what is not set is not sent."""
    monkeypatch.setenv("ID", "me")
    monkeypatch.setenv("SECRET", "s3cret")
    settings = {"kind": "oauth2", "token_url": "http://h/token", "client_id_env": "ID", "client_secret_env": "SECRET"}
    config = OAuth2Config.model_validate({**settings, **more})
    endpoint = credentials_of(config)
    assert isinstance(endpoint, TokenEndpoint)
    assert endpoint.form == {
        "grant_type": "client_credentials", "client_id": "me", "client_secret": "s3cret", **more,
    }  # fmt: skip
    assert endpoint.secrets == {"s3cret"}
    assert config.addresses == {"token_url": "http://h/token"}
    assert config.variables == ("ID", "SECRET")
