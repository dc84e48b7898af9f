"""User name and password with each request."""

import pytest

from rag_eval.targets.http.auth.basic import BasicConfig
from rag_eval.targets.http.credentials import credentials_of


def test_the_example_of_the_specification(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 7617, section 2; the pair is as secret as the password in it."""
    monkeypatch.setenv("U", "Aladdin")
    monkeypatch.setenv("P", "open sesame")
    config = BasicConfig(kind="basic", username_env="U", password_env="P")
    credentials = credentials_of(config)
    assert credentials.headers == {"authorization": "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}  # type: ignore[union-attr]
    assert credentials.hidden == {"open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}  # type: ignore[union-attr]
    assert config.variables == ("U", "P")
