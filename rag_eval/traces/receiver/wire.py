"""Bytes as they come in: unpacked up to a limit, and protobuf walked without decoding it.

A message of two bytes costs a hundred in memory once it is decoded, so that 16 MiB of nothing would take a gigabyte.
Therefore a request is cut along its fields first, and its spans are decoded one at a time.
"""

import zlib
from collections.abc import Iterator

from rag_eval.traces.receiver.refusal import RequestRefusal

ENCODINGS = frozenset({"", "identity", "gzip", "deflate"})
_ANY_HEADER = zlib.MAX_WBITS | 32
_CHUNK = 1 << 16
_LAST = 0x80


def decompress(body: bytes, encoding: str, most: int) -> bytes:
    """The body without its Content-Encoding; raises `RequestRefusal` where it is damaged or too large."""
    if encoding in {"", "identity"}:
        return body
    out, rest = bytearray(), body
    try:
        while rest:
            unpacker = zlib.decompressobj(_ANY_HEADER)
            rest = _member(unpacker, rest, out, most)
    except zlib.error as error:
        raise RequestRefusal(400, f"the body is not {encoding}: {error}") from error
    return bytes(out)


def _member(unpacker: "zlib._Decompress", packed: bytes, out: bytearray, most: int) -> bytes:
    """Unpack one member of a gzip stream; returns what follows it."""
    waiting = packed
    while not unpacker.eof:
        plain = unpacker.decompress(waiting, _CHUNK)
        waiting = unpacker.unconsumed_tail
        out += plain
        if len(out) > most:
            raise RequestRefusal(413, f"the body is larger than {most} bytes once unpacked; send smaller batches")
        if not plain and not waiting and not unpacker.eof:
            raise RequestRefusal(400, "the packed body breaks off")
    return unpacker.unused_data


def fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Number and bytes of every field of a protobuf message that has a length; raises ValueError where it is none."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        match tag & 7:
            case 0:
                _, at = _varint(message, at)
            case 1:
                at += 8
            case 2:
                size, start = _varint(message, at)
                at = start + size
                if at <= len(message):
                    yield tag >> 3, message[start:at]
            case 5:
                at += 4
            case kind:
                raise ValueError(f"a field has the unknown wire type {kind}")
    if at != len(message):
        raise ValueError("it breaks off")


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 64, 7):
        if at >= len(message):
            raise ValueError("it breaks off")
        byte = message[at]
        at += 1
        value |= (byte & ~_LAST) << shift
        if byte < _LAST:
            return value, at
    raise ValueError("a number is too long")
