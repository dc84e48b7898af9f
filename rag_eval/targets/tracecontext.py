"""The trace ids that go along with questions, so that a captured trace is found again for the case that caused it.

W3C Trace Context: `traceparent: 00-<trace id>-<parent id>-01`. Both ids are made of the run and the case, so that
nobody has to write down which was sent with what.
"""

import hashlib

HEADER = "traceparent"
_TRACE, _PARENT = 32, 16


def trace_id(run_key: str, case_id: str) -> str:
    """The id of the trace that a question of a run begins: 32 hexadecimal digits."""
    return _digest(run_key, case_id)[:_TRACE]


def traceparent(run_key: str, case_id: str) -> str:
    """The header's value: version 00, the trace, a span of ours as the parent, and that it is to be recorded."""
    digest = _digest(run_key, case_id)
    return f"00-{digest[:_TRACE]}-{digest[_TRACE : _TRACE + _PARENT]}-01"


def _digest(run_key: str, case_id: str) -> str:
    return hashlib.sha256(f"{run_key}|{case_id}".encode()).hexdigest()
