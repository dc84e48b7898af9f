"""One page on a socket of this machine, for whoever was given its address and for nobody else."""

import http.client
import os
import signal
import socket
import struct
import threading
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

import pytest

from rag_eval.cli.serving import serve
from rag_eval.errors import MismatchError, UsageError

T = TypeVar("T")
Answer = tuple[int, dict[str, str], str]


def _ask(url: str, *, host: str | None = None, method: str = "GET") -> Answer:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    connection.putrequest(method, f"{parts.path}{'?' + parts.query if parts.query else ''}", skip_host=host is not None)
    if host:
        connection.putheader("Host", host)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body


def _serve(render: Callable[[], str], ask: Callable[[str], T]) -> T:
    """Serve until somebody has asked; what came of asking."""
    came: list[T] = []

    def asking(url: str) -> None:
        try:
            came.append(ask(url))
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    threads: list[threading.Thread] = []

    def ready(url: str) -> None:
        threads.append(threading.Thread(target=asking, args=(url,)))
        threads[0].start()

    serve(render, 0, ready)
    threads[0].join()
    return came[0]


def test_the_page_is_made_anew_each_time() -> None:
    """And nobody keeps it: what is shown is what is."""
    pages = iter(["<p>Æ 1</p>", "<p>2</p>"])
    first, second = _serve(lambda: next(pages), lambda url: [_ask(url), _ask(f"{url}?case=3")])
    assert (first[0], first[2]) == (200, "<p>Æ 1</p>")
    assert second[2] == "<p>2</p>"
    assert first[1]["cache-control"] == "no-store"
    assert first[1]["content-type"] == "text/html; charset=utf-8"
    assert first[1]["x-frame-options"] == "DENY"
    assert first[1]["referrer-policy"] == "no-referrer"
    assert first[1]["content-length"] == str(len("<p>Æ 1</p>".encode()))


@pytest.mark.parametrize(
    ("path", "host", "status"),
    [
        ("", None, 200),
        ("/", None, 404),
        ("guess", None, 404),
        ("", "127.0.0.1", 404),
        ("", "example.org", 404),
        ("", "example.org:{port}", 404),
        ("", "", 404),
        ("", "localhost:{port}", 200),
    ],
)
def test_only_the_whole_address_leads_to_the_page(path: str, host: str | None, status: int) -> None:
    """Not the port alone, and not another name for this machine, by which a page elsewhere could ask."""

    def ask(url: str) -> Answer:
        parts = urlsplit(url)
        where = url if not path else f"http://{parts.netloc}{path}" if path == "/" else f"{url}{path}"
        named = None if host is None else host.format(port=parts.port)
        return _ask(where, host=named)

    came, _, body = _serve(lambda: "<p>secret</p>", ask)
    assert came == status
    assert ("secret" in body) == (status == 200)


def test_two_servers_have_two_addresses() -> None:
    """That cannot be guessed from each other."""
    paths = {urlsplit(_serve(lambda: "", str)).path for _ in range(2)}
    assert len(paths) == 2
    assert all(len(path.strip("/")) >= 20 for path in paths)


def test_what_is_wrong_with_a_run_is_told_in_the_browser() -> None:
    """As a text, so that nothing in it is taken for a page; the server goes on."""

    def render() -> str:
        raise MismatchError("<b>no run</b> is called gone")

    status, headers, body = _serve(render, _ask)
    assert (status, headers["content-type"], body) == (409, "text/plain; charset=utf-8", "<b>no run</b> is called gone")


def test_half_a_surrogate_pair_breaks_nothing() -> None:
    """It is shown as what cannot be shown."""
    status, _, body = _serve(lambda: "a\ud800b", _ask)
    assert (status, body) == (200, "a?b")


def test_nothing_is_logged(capfd: pytest.CaptureFixture[str]) -> None:
    """The address holds the secret."""
    _serve(lambda: "", lambda url: [_ask(url), _ask(f"{url}nothing")])
    assert capfd.readouterr() == ("", "")


def test_a_tab_that_is_closed_while_its_page_comes_is_no_error(capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing is said of it, and the next one gets its page."""
    rendered = threading.Event()

    def render() -> str:
        rendered.set()
        return "x" * 20_000_000

    def ask(url: str) -> Answer:
        parts = urlsplit(url)
        with socket.create_connection((parts.hostname or "", parts.port or 0)) as tab:
            tab.sendall(f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
            rendered.wait()
            tab.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # closed at once
        for thread in threading.enumerate():
            if "process_request_thread" in thread.name:
                thread.join()
        return _ask(url)

    assert len(_serve(render, ask)[2]) == 20_000_000
    assert capfd.readouterr() == ("", "")


def test_a_port_that_is_taken_is_told_with_what_to_do() -> None:
    """And the address is given to nobody."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=rf"cannot listen on port {port}: .*Do: another --port, or 0"):
            serve(lambda: "", port, pytest.fail)


def test_signals_are_as_they_were_when_it_has_ended() -> None:
    """Also after a stop by one."""
    before = signal.getsignal(signal.SIGTERM)
    _serve(lambda: "", _ask)
    assert signal.getsignal(signal.SIGTERM) is before
