"""Bodies of records as a journal holds them: their JSON, compressed beside the words that nearly all of them have.

In SQL `plain(body)` is the JSON again, also of a journal whose bodies were never compressed.
"""

import threading
from typing import Any, Final

_COMMON: Final = (
    '{"kind":"failure","stage":"target","reason":"","message":"","attempts":1}'
    '{"kind":"not_applicable","reason":"refused","evidence":{"verdicts":[],"prompts":[],"details":{}}}'
    '{"id":"","user_input":"What is the ? When was the ? How many ","reference":"The ","reference_contexts":null,'
    '"reference_context_ids":["","answerable":true,"tags":[],"metadata":{}}'
    '{"kind":"answer","response":"The ","retrieved_contexts":["","retrieved_context_ids":null,"latency_s":null,'
    '"first_token_s":null,"attempts":1,"asked_at":null,"metadata":{}}'
    '{"statements":["","{"claims":[{"claim":"","verdict":"said","evidence":"","{"question":"","noncommittal":0}'
    '{"classifications":[{"statement":"","reason":"","attributed":1},{"statement":"","reason":"","verdict":1}]}'
    '{"kind":"score","value":1.0,"evidence":{"verdicts":[],"prompts":[],"details":{"why":"the question has an answer, '
    'and rightly got no refusal"}}}'
    '{"kind":"score","value":0.0,"evidence":{"verdicts":[],"prompts":["","details":{"value_by_ragas":0.'
    "Names that are not in the text: . Words that are not in the text: . Nearest: The number  stands in the text only "
    "as a part of another number or name. missing: the words "
    '{"kind":"score","value":0.5,"evidence":{"verdicts":[{"part":"reference","statement":"The ","verdict":0,"reason":"'
    '","support":0.0,"evidence":""},{"part":"response","statement":"","verdict":1,"reason":"Said in: ","support":1.0,'
    '"evidence":""}],"prompts":[],"details":{}}}'
)
"""What bodies are compared with, what is commonest last. Another text here is another format of journals."""

_LEVEL: Final = 3
_own = threading.local()


def packed(text: str) -> bytes:
    """A text as it is kept."""
    data: bytes = _codec()[0](text.encode())
    return data


def plain(body: str | bytes | None) -> str | None:
    """The text of a body; itself where it never was compressed."""
    if not isinstance(body, bytes):
        return body
    text: bytes = _codec()[1](body)
    return text.decode()


def _codec() -> Any:
    """What compresses and what reads, of this thread: neither may be used by two at a time."""
    if not hasattr(_own, "codec"):
        import zstandard

        common = zstandard.ZstdCompressionDict(_COMMON.encode(), dict_type=zstandard.DICT_TYPE_RAWCONTENT)
        compressor = zstandard.ZstdCompressor(level=_LEVEL, dict_data=common, write_checksum=False)
        decompressor = zstandard.ZstdDecompressor(dict_data=common)
        _own.codec = compressor.compress, decompressor.decompress
    return _own.codec
