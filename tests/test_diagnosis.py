"""What a machine has for the work; how it is shown is tested with `rag-eval doctor`."""

import pytest
from support import samples

from rag_eval import diagnosis

_AUTH: dict[str, dict[str, str]] = {
    "bearer": {"token_env": "X_TOKEN"},
    "api_key": {"key_env": "X_KEY"},
    "basic": {"username_env": "X_USER", "password_env": "X_PASSWORD"},
    "oauth2": {"client_id_env": "X_ID", "client_secret_env": "X_SECRET", "token_url": "http://127.0.0.1:9/token"},
}


@pytest.fixture(autouse=True)
def _unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)


def _states(**changes: object) -> dict[str, str]:
    return {finding.about: finding.state for finding in diagnosis.examine(samples.experiment(**changes))}


@pytest.mark.parametrize("kind", _AUTH)
def test_the_secrets_of_every_way_to_authenticate_are_looked_for(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever setting ends in `_env` names a variable that must be there."""
    target = {"kind": "http", "url": "http://127.0.0.1:9/query", "auth": {"kind": kind, **_AUTH[kind]}}
    names = [value for name, value in _AUTH[kind].items() if name.endswith("_env")]
    assert {_states(target=target)[name] for name in names} == {"bad"}
    monkeypatch.setenv(names[0], "x")
    assert _states(target=target)[names[0]] == "ok"


def test_a_certificate_s_password_is_looked_for() -> None:
    """Settings beneath settings count as well."""
    tls = {"cert": "client.pem", "key": "client.key", "key_password_env": "X_PASSWORD"}
    target = {"kind": "http", "url": "https://127.0.0.1:9/query", "tls": tls}
    assert _states(target=target)["X_PASSWORD"] == "bad"


def test_an_endpoint_of_one_s_own_may_do_without_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only who asks OpenAI itself must have one."""
    assert _states(judge={"kind": "openai", "model": "m"})["OPENAI_API_KEY"] == "bad"
    assert _states(judge={"kind": "openai", "model": "m", "base_url": "http://127.0.0.1:9/v1"})["OPENAI_API_KEY"] == (
        "note"
    )
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    assert _states(judge={"kind": "openai", "model": "m"})["OPENAI_API_KEY"] == "note"


def test_what_is_bad_stands_last_and_what_blocks_most_before_what_blocks_less() -> None:
    """The order in which things are read, and mended."""
    target = {"kind": "http", "url": "http://127.0.0.1:9/query", "auth": {"kind": "bearer", "token_env": "X_TOKEN"}}
    findings = diagnosis.examine(samples.experiment(target=target))
    states = [finding.state for finding in findings]
    assert states == sorted(states, key=["ok", "note", "bad"].index)
    bad = [finding.blocks for finding in findings if finding.state == "bad"]
    assert bad == sorted(bad, reverse=True)
    assert all(finding.do for finding in findings if finding.state == "bad")
