"""Ids of cases that came without one."""

import hashlib


def made_id(question: str, reference: str | None) -> str:
    """An id made of question and reference: the same for the same pair, wherever it came from."""
    told = f"{question}\0{reference or ''}"
    return "q-" + hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:12]
