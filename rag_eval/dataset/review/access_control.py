"""Who may speak to the review page's server: the browser that was given the link, and nothing else on the machine.

* The link holds a token that is good once. It stands behind a `#`, which no browser sends anywhere by itself, so that
  nothing that looks ahead at links can use it up. The page exchanges it for a cookie that no script can read.
* A page elsewhere cannot reach us by a name of its own that leads to this machine (DNS rebinding): the Host header
  must be a loopback name. It cannot post by a form or by a script: a post must be JSON and come from our own page.
"""

import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

SESSION = "/api/session"
LARGEST_BODY = 4 * 1024 * 1024
"""Bytes; a decision holds a case's contexts."""
COOKIE_AGE_S = 30 * 24 * 3600
"""The cookie ends with the server; this only lets it outlive the browser's being closed."""
_LOOPBACK = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?", re.IGNORECASE)


@dataclass(frozen=True)
class AccessRefusal:
    """Why a request is not served."""

    status: int
    message: str


@dataclass
class AccessControl:
    """Keeps the token and the session of one server; `cookie` is the cookie's name."""

    cookie: str
    _token: str | None = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    _session: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    @property
    def token(self) -> str:
        """The token for the link; empty once it is used."""
        return self._token or ""

    def exchange(self, token: str) -> str | None:
        """The session for a token that is good, which it then is no longer."""
        if self._token is None or not _same(token, self._token):
            return None
        self._token = None
        return self._session

    def knows(self, session: str | None) -> bool:
        """Whether a cookie's value is that of the session."""
        return session is not None and _same(session, self._session)

    def refusal(
        self, method: str, path: str, header: Callable[[str], str | None], session: str | None
    ) -> AccessRefusal | None:
        """Why a request is not to be served, None if it is; `header` gives a header's value."""
        host = header("host") or ""
        if not _LOOPBACK.fullmatch(host):
            return AccessRefusal(421, "this server is reached as 127.0.0.1 or localhost only")
        if method not in ("GET", "HEAD"):
            refused = _of_post(host, header)
            if refused is not None:
                return refused
        if path.startswith("/api/") and path != SESSION and not self.knows(session):
            return AccessRefusal(401, "not let in: open the link that rag-eval review printed, in this browser")
        return None


def _same(shown: str, other: str) -> bool:
    return hmac.compare_digest(shown.encode(), other.encode())


def _of_post(host: str, header: Callable[[str], str | None]) -> AccessRefusal | None:
    origin = header("origin") or ""
    if origin != f"http://{host}" or (header("sec-fetch-site") or "same-origin") != "same-origin":
        return AccessRefusal(403, "only the review page itself may send decisions")
    if (header("content-type") or "").partition(";")[0].strip().lower() != "application/json":
        return AccessRefusal(415, "expected application/json")
    length = header("content-length") or ""
    if not length.isdecimal():
        return AccessRefusal(411, "expected a Content-Length")
    return AccessRefusal(413, f"larger than {LARGEST_BODY} bytes") if int(length) > LARGEST_BODY else None


def page_headers(nonce: str) -> Mapping[str, str]:
    """Headers of the page: nothing is loaded from anywhere, nothing runs but what stands in it."""
    policy = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {"Content-Security-Policy": policy, **HEADERS}


HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Headers of every answer."""
