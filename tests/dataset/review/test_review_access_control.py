"""Only the browser that was given the link may speak to the review page's server."""

import pytest

from rag_eval.dataset.review.access_control import LARGEST_BODY, SESSION, AccessControl, page_headers

_POST = {
    "host": "127.0.0.1:8000",
    "origin": "http://127.0.0.1:8000",
    "content-type": "application/json",
    "content-length": "2",
}


def _gate() -> tuple[AccessControl, str]:
    gate = AccessControl("cookie")
    session = gate.exchange(gate.token)
    assert session is not None
    return gate, session


def _status(method: str, path: str, headers: dict[str, str], *, known: bool = True) -> int:
    gate, session = _gate()
    refusal = gate.refusal(method, path, headers.get, session if known else None)
    return refusal.status if refusal else 200


def test_the_token_is_good_once() -> None:
    """Then it is dead, also for whoever used it."""
    gate = AccessControl("cookie")
    token = gate.token
    assert gate.exchange(f"{token}x") is None
    assert gate.knows(gate.exchange(token))
    assert gate.exchange(token) is None
    assert gate.exchange("") is None
    assert gate.token == ""


def test_two_servers_do_not_know_each_others_sessions() -> None:
    """Nor does a server after it was started again."""
    assert not AccessControl("cookie").knows(_gate()[1])
    assert not AccessControl("cookie").knows(None)


def test_neither_token_nor_session_is_shown() -> None:
    """Not in a log by mistake."""
    gate = AccessControl("cookie")
    assert gate.token not in repr(gate)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "localhost:1", "LOCALHOST", "[::1]:8000"])
def test_loopback_names_are_served(host: str) -> None:
    """On any port: there may be a tunnel."""
    assert _status("GET", "/api/review", {"host": host}) == 200


@pytest.mark.parametrize(
    "host",
    ["", "example.org", "127.0.0.1.example.org", "localhost.example.org:80", "127.0.0.1:80@evil", "0.0.0.0:1", "x\n"],
)
def test_other_names_are_not(host: str) -> None:
    """A page elsewhere may have made its name lead to this machine."""
    assert _status("GET", "/", {"host": host}) == 421


def test_everything_but_the_page_needs_the_cookie() -> None:
    """The page holds nothing; entering is how the cookie is got."""
    assert _status("GET", "/", _POST, known=False) == 200
    assert _status("POST", SESSION, _POST, known=False) == 200
    for path in ("/api/review", "/api/cases", "/api/decisions", "/api/agreement", "/api/none"):
        assert _status("GET", path, _POST, known=False) == 401
    assert _status("POST", "/api/decisions", _POST, known=False) == 401
    assert _status("POST", "/api/decisions", _POST) == 200


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"origin": "http://127.0.0.1:9999"}, 403),
        ({"origin": "http://localhost:8000"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": ""}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/x-www-form-urlencoded"}, 415),
        ({"content-type": "application/json; charset=utf-8"}, 200),
        ({"content-length": ""}, 411),
        ({"content-length": str(LARGEST_BODY + 1)}, 413),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "OPTIONS"])
def test_posts_come_from_the_page_as_json(method: str, changed: dict[str, str], status: int) -> None:
    """No form and no script of another page can send one."""
    assert _status(method, "/api/decisions", {**_POST, **changed}) == status


def test_the_page_may_load_nothing_from_elsewhere() -> None:
    """And run nothing but what carries the nonce of this answer."""
    policy = page_headers("abc")["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'nonce-abc'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
