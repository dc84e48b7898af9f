"""What tests of the HTTP target rest on: credentials in the environment, and no waits that nobody asked for."""

import pytest
from support.asking import SECRET
from support.login_service import PASSWORD, TOKEN


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_SECRET", SECRET)
    monkeypatch.setenv("RAG_BRACES", "{{ not_a_template }}-0123456789")


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_TOKEN", TOKEN)
    monkeypatch.setenv("RAG_USER", "ada")
    monkeypatch.setenv("RAG_PASSWORD", PASSWORD)


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jitter draws its least wait, so that only what a service asks for takes time."""
    monkeypatch.setattr("random.Random.uniform", lambda _self, low, _high: low)
