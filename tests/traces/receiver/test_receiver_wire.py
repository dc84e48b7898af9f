"""Bodies are unpacked up to a limit, and protobuf is walked without being decoded."""

import gzip
import zlib

import pytest

from rag_eval.traces.receiver import wire
from rag_eval.traces.receiver.refusal import RequestRefusal

BODY = b"spans " * 1000


@pytest.mark.parametrize(
    ("packed", "encoding"),
    [(BODY, ""), (BODY, "identity"), (gzip.compress(BODY, mtime=0), "gzip"), (zlib.compress(BODY), "deflate"),
     (gzip.compress(BODY[:600], mtime=0) + gzip.compress(BODY[600:], mtime=0), "gzip")],
)  # fmt: skip
def test_a_body_is_the_same_however_it_was_packed(packed: bytes, encoding: str) -> None:
    """Also in several members, one after the other."""
    assert wire.decompress(packed, encoding, len(BODY)) == BODY


@pytest.mark.parametrize(
    ("packed", "most", "status"),
    [
        (gzip.compress(BODY, mtime=0), len(BODY) - 1, 413),
        (gzip.compress(BODY, mtime=0)[:-20], 1 << 20, 400),
        (b"no gzip", 1 << 20, 400),
    ],
)
def test_what_is_too_large_or_damaged_is_refused(packed: bytes, most: int, status: int) -> None:
    """Before it takes more memory than it may."""
    with pytest.raises(RequestRefusal) as refusal:
        wire.decompress(packed, "gzip", most)
    assert refusal.value.status == status


def test_fields_with_a_length_are_given_and_others_stepped_over() -> None:
    """A number of 300, eight bytes, a text, and four bytes."""
    message = b"\x08\xac\x02" + b"\x11" + bytes(8) + b"\x1a\x03abc" + b"\x25" + bytes(4)
    assert [(number, bytes(part)) for number, part in wire.fields(memoryview(message))] == [(3, b"abc")]


@pytest.mark.parametrize("message", [b"\x1a\x05abc", b"\x1a", b"\x0f", b"\x08" + b"\xff" * 11])
def test_what_is_no_message_is_an_error(message: bytes) -> None:
    """It breaks off, or is of a kind that there is not."""
    with pytest.raises(ValueError, match=r"breaks off|unknown wire type|too long"):
        list(wire.fields(memoryview(message)))
