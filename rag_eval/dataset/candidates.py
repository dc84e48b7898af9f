"""What stands beside a question of production, in a file until it is known whether the question is taken.

Of many thousand questions fifty are: their passages would fill the memory.
"""

import tempfile
from typing import Any, NamedTuple, Self

from rag_eval.traces import Exchange, jsontext

_BUFFER = 1 << 20


class FilePlace(NamedTuple):
    """Where something was put."""

    at: int
    size: int


class CandidateFile:
    """A nameless temporary file that goes when it is closed; OSError where the folder for such files is full."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(buffering=_BUFFER)  # noqa: SIM115 - closed with the object
        self._end = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def put(self, exchange: Exchange) -> FilePlace:
        """Keep what was answered to a question, and from what."""
        raw = jsontext.dumps(
            {
                "response": exchange.response,
                "retrieved_contexts": None if exchange.contexts is None else [*exchange.contexts],
                "retrieved_context_ids": None if exchange.context_ids is None else [*exchange.context_ids],
                "trace_id": exchange.trace_id,
                "feedback": exchange.feedback,
                "confidence": exchange.confidence,
            }
        )
        self._file.seek(self._end)
        self._file.write(raw)
        place = FilePlace(self._end, len(raw))
        self._end += len(raw)
        return place

    def get(self, place: FilePlace) -> dict[str, Any]:
        """What was kept there, by the names that it has in the metadata of a case."""
        self._file.seek(place.at)
        kept: dict[str, Any] = jsontext.loads(self._file.read(place.size))
        return kept
