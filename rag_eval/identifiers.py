"""Ids that are made of what they name: the same wherever and whenever they are made, so that parts find each other.

They stand in journals, datasets, captured traces and MLflow: what is made here may never change for what it is made of.
"""

import hashlib

_TRACE, _SPAN, _CASE = 32, 16, 12


def hex_digest(text: str, length: int) -> str:
    """The first hexadecimal digits of a text's SHA-256; halves of surrogate pairs count as they are."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:length]


def trace_id(run_key: str, case_id: str) -> str:
    """The trace of a question of a run, 32 digits: sent to the service, traced by us, and found in captures."""
    return hex_digest(f"{run_key}|{case_id}", _TRACE)


def parent_span_id(run_key: str, case_id: str) -> str:
    """The span of ours, 16 digits, that stands above what the service traces of a question."""
    return hex_digest(f"{run_key}|{case_id}", _TRACE + _SPAN)[_TRACE:]


def span_id(run_key: str, case_id: str, part: str) -> str:
    """A span of a question's trace in MLflow, 16 digits, such as `root` or `retrieve`."""
    return hex_digest(f"{run_key}|{case_id}|{part}", _SPAN)


def assessment_id(run_key: str, case_id: str, metric: str) -> str:
    """A score of a question's trace in MLflow, 32 digits."""
    return hex_digest(f"{run_key}|{case_id}|{metric}", _TRACE)


def case_id(question: str, answer: str | None) -> str:
    """A case that came without an id: the same for the same question and answer, wherever they came from."""
    return "q-" + hex_digest(f"{question}\0{answer or ''}", _CASE)
