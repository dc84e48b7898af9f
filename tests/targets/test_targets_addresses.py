"""A service at another address."""

from typing import Any

import pytest

from rag_eval.errors import ConfigError, UsageError
from rag_eval.targets import moved
from rag_eval.targets.http.auth.login import LoginConfig
from rag_eval.targets.http.config import HttpConfig
from rag_eval.targets.replay.config import ReplayConfig


def http(url: str, **more: Any) -> HttpConfig:
    """A target."""
    return HttpConfig.model_validate({"kind": "http", "url": url, **more})


def login(url: str) -> dict[str, str]:
    """Credentials that are had somewhere."""
    return {"kind": "login", "url": url, "username_env": "U", "password_env": "P"}


@pytest.mark.parametrize(
    ("own", "url", "after"),
    [
        ("http://a.example/api/{{ id }}", "https://b.example:8443", "https://b.example:8443/api/{{ id }}"),
        ("http://a.example/api?k=${KEY}", "http://b.example/", "http://b.example/api?k=${KEY}"),
        ("http://a.example/api", "http://b.example/pr-12", "http://b.example/pr-12/api"),
        ("http://a.example/api/", "http://b.example/api", "http://b.example/api/"),
        ("${UNSET_URL}/api", "http://b.example", "http://b.example/api"),
        ("${UNSET_URL:-http://a.example:1}/api", "http://b.example", "http://b.example/api"),
        ("http://${UNSET_HOST}:80/api", "http://b.example", "http://b.example/api"),
        ("${SET_URL}/ask", "http://b.example", "http://b.example/v2/ask"),
    ],
)
def test_only_scheme_host_and_port_change(own: str, url: str, after: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Path, parameters, templates and names of secrets stay; a path of the address goes in front."""
    monkeypatch.setenv("SET_URL", "http://a.example/v2/")
    monkeypatch.setenv("KEY", "canary")
    assert moved(http(own), url).url == after


def test_where_it_logs_in_moves_along_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same address in another spelling is the same; an identity provider elsewhere stays where it is."""
    monkeypatch.setenv("PLACE", "http://a.example:80")
    target = http("http://a.example/api", auth=login("${PLACE}/login"), headers={"Origin": "http://a.example"})
    after = moved(target, "https://b.example")
    assert isinstance(after.auth, LoginConfig)
    assert (after.auth.url, after.headers) == ("https://b.example/login", {"Origin": "https://b.example"})
    elsewhere = moved(http("http://a.example/api", auth=login("https://id.example/login")), "https://b.example")
    assert isinstance(elsewhere.auth, LoginConfig)
    assert elsewhere.auth.url == "https://id.example/login"


@pytest.mark.parametrize("url", ["b.example", "ftp://b.example", "https://", "http://b.example/?x=1", "http://b#c"])
def test_what_is_no_address_is_refused(url: str) -> None:
    """With how one reads."""
    with pytest.raises(UsageError, match="is no address; it reads https://host"):
        moved(http("http://a.example/api"), url)


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    """It would be copied into run folders."""
    with pytest.raises(ConfigError, match="a password stands in the URL") as caught:
        moved(http("http://a.example/api"), "https://ada:canary-7@b.example")
    assert "canary" not in str(caught.value)


def test_what_is_not_asked_over_http_has_no_address() -> None:
    """Nor has a URL that begins with a template."""
    with pytest.raises(UsageError, match="of the kind replay"):
        moved(ReplayConfig(kind="replay"), "http://b.example")
    with pytest.raises(UsageError, match="begins with a template"):
        moved(http("{{ metadata.host }}/api"), "http://b.example")
