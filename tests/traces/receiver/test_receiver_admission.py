"""Who may send, how often and how much at once: the others are told why, and when to come again."""

import socket
import time
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from support.receiving import (
    exchanges,
    post,
    raw,
    receiving,
)

from rag_eval.traces.receiver.admission import ReceiverLimits

TOKEN = "a-token-of-some-length"


def test_the_token_must_be_shown(tmp_path: Path) -> None:
    """As the header that OTEL_EXPORTER_OTLP_HEADERS can set; health needs none."""
    wrong = [f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", "Bearer t\xf6ken", "Bearer", TOKEN, ""]
    with receiving(tmp_path / "capture", token=TOKEN) as running:
        replies = [post(running.url, raw(1), authorization=said) for said in wrong] + [post(running.url, raw(1))]
        assert post(running.url, None, path="/health", method="GET").status == 200
        for number, said in ((2, f"Bearer {TOKEN}"), (3, f"bearer {TOKEN}")):
            assert post(running.url, raw(number), authorization=said).status == 200
    assert {reply.status for reply in replies} == {401}
    assert {reply.headers["www-authenticate"] for reply in replies} == {"Bearer"}
    assert not any(TOKEN in reply.body.decode(errors="replace") for reply in replies)
    assert sorted(exchanges(running.folder)) == [f"{number:032x}" for number in (2, 3)]


@pytest.mark.slow
def test_over_the_limit_exporters_are_told_when_to_come_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """429 with the seconds until the window ends; then it goes on."""
    now = [1_800_000_000.0]
    clock = SimpleNamespace(time=lambda: now[0])
    monkeypatch.setattr("limits.storage.memory.time", clock)
    monkeypatch.setattr("rag_eval.traces.receiver.admission.time", clock)
    with receiving(tmp_path / "capture", ReceiverLimits(rate="3/2 seconds")) as running:
        replies = [post(running.url, raw(number)) for number in range(1, 7)]
        assert [reply.status for reply in replies] == [200, 200, 200, 429, 429, 429]
        assert {reply.headers.get("retry-after") for reply in replies[3:]} == {"2"}
        now[0] += 2.1
        assert post(running.url, raw(4)).status == 200
    assert running.counts.traces == 4


def _begun(url: str) -> socket.socket:
    """A client that sends its headers and a part of its body, and then nothing."""
    place = urlsplit(url)
    client = socket.create_connection((str(place.hostname), int(place.port or 0)))
    client.sendall(
        b"POST /v1/traces HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{"
    )
    return client


@pytest.mark.parametrize(
    "limits",
    [
        ReceiverLimits(waiting=2, seconds=3600.0, rate="99999/minute"),
        ReceiverLimits(waiting_bytes=1 << 10, body=1 << 20, seconds=3600.0, rate="99999/minute"),
    ],
)
def test_more_than_may_wait_is_told_to_come_again(tmp_path: Path, limits: ReceiverLimits) -> None:
    """503 with Retry-After, whether it is too many requests or too many bytes."""
    with receiving(tmp_path / "capture", limits) as running:
        slow = [_begun(running.url) for _ in range(2)]
        while (reply := post(running.url, raw(*range(1, 9)))).status == 200:
            time.sleep(0.01)  # they are on their way
        assert (reply.status, reply.headers["retry-after"]) == (503, "1")
        for client in slow:
            client.close()
        while post(running.url, raw(1)).status == 503:
            time.sleep(0.01)
        assert post(running.url, raw(1)).status == 200
