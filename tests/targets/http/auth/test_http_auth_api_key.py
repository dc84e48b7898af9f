"""A key in a header or in the query."""

import pytest

from rag_eval.targets.http.auth.api_key import ApiKeyConfig
from rag_eval.targets.http.credentials import Credentials, credentials_of


@pytest.mark.parametrize(
    ("settings", "headers", "query"),
    [
        ({}, {"X-API-Key": "k3y"}, {}),
        ({"header": "Api-Token"}, {"Api-Token": "k3y"}, {}),
        ({"query": "key", "header": "ignored"}, {}, {"key": "k3y"}),
    ],
)
def test_where_it_goes(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], headers: dict[str, str], query: dict[str, str]
) -> None:
    """Never into both, and never shown."""
    monkeypatch.setenv("K", "k3y")
    config = ApiKeyConfig.model_validate({"kind": "api_key", "key_env": "K", **settings})
    assert credentials_of(config) == Credentials(headers, query, "k3y", frozenset({"k3y"}))
    assert config.variables == ("K",)
