"""What a dialect is that says nothing but its name: none of the others is disturbed by it."""

from typing import Any

import pytest

from rag_eval.traces.dialect import AttributeNames, CaptureAdvice, Dialect
from rag_eval.traces.dialects import catalogue

_PLAIN = Dialect(name="plain", advice=CaptureAdvice(response="a", contexts="b"))


@pytest.mark.parametrize("value", [{}, {"question": "When?"}, {"resourceSpans": []}, {"name": "plain"}])
def test_a_dialect_takes_nothing_that_it_does_not_ask_for(value: dict[str, Any]) -> None:
    """Neither objects, nor attributes, nor keys of traces."""
    assert not _PLAIN.recognised(value)
    assert list(_PLAIN.read(value)) == []
    assert _PLAIN.describe(value, ()) == {}
    assert _PLAIN.trace_key(value) is None
    assert _PLAIN.names == AttributeNames(prefixes=(), trees=frozenset(), encoded=frozenset(), bare=())


def test_its_parts_are_said_by_name() -> None:
    """A dialect of another package must not break where a part is added."""
    with pytest.raises(TypeError):
        Dialect("plain", CaptureAdvice(response="a", contexts="b"))  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        CaptureAdvice("a", "b")  # type: ignore[call-arg]


@pytest.mark.parametrize("dialect", catalogue.installed(), ids=lambda dialect: dialect.name)
def test_no_dialect_takes_an_object_that_says_nothing(dialect: Dialect) -> None:
    """Nor one with values that nobody would write there; it reads none of them either."""
    odd: list[dict[str, Any]] = [
        {}, {"spans": None, "trace": None, "data": None}, {"spans": [1, None], "observations": "x"},
        {"resourceSpans": "x", "trace": {"info": 3}}, {"inputs": [], "outputs": [], "run_type": 5},
    ]  # fmt: skip
    for value in odd:
        if not dialect.recognised(value):
            continue
        assert all(key is None or isinstance(key, str) for key, _ in dialect.read(value))
    assert not dialect.recognised({})


@pytest.mark.parametrize("dialect", catalogue.installed(), ids=lambda dialect: dialect.name)
def test_attributes_of_others_tell_a_dialect_nothing(dialect: Dialect) -> None:
    """What a span of another library says is left to that library."""
    assert dialect.describe({}, ()) == {}
    assert dialect.describe({"http.method": "GET", "db.system": "x"}, [("log", {})]) == {}
