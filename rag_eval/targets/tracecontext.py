"""The trace ids that go along with questions, so that a captured trace is found again for the case that caused it.

W3C Trace Context: `traceparent: 00-<trace id>-<parent id>-01`. Both ids are made of the run and the case, so that
nobody has to write down which was sent with what.
"""

from rag_eval import identifiers

HEADER = "traceparent"


def traceparent(run_key: str, case_id: str) -> str:
    """The header's value: version 00, the trace, a span of ours as the parent, and that it is to be recorded."""
    return f"00-{identifiers.trace_id(run_key, case_id)}-{identifiers.parent_span_id(run_key, case_id)}-01"
