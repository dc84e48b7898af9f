"""What every record is: frozen, strict, and writable as JSON in UTF-8."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError
from support import samples

from rag_eval.records.base import Details, Record

_HALF = "\ud83d"


class Box(Record):
    """Something with details."""

    number: float = 0.0
    details: Details = Field(default_factory=dict)


def test_a_record_is_compared_by_what_it_holds() -> None:
    """And does not change."""
    assert Box(number=1, details={"a": [1]}) == Box(number=1.0, details={"a": [1]})
    assert Box(number=1) != Box(number=2)
    with pytest.raises(ValidationError, match="frozen"):
        setattr(Box(), "number", 1.0)  # noqa: B010  as somebody would who does not look at types


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("wrap", [lambda v: v, lambda v: [v], lambda v: {"a": v}, lambda v: [{"a": [v]}]])
def test_what_is_no_number_does_not_get_in(value: float, wrap: Any) -> None:
    """Neither as a field nor at any depth of the details."""
    with pytest.raises(ValidationError, match="finite"):
        Box(number=value)
    with pytest.raises(ValidationError, match="finite"):
        Box(details={"a": wrap(value)})


@pytest.mark.parametrize(
    "text", ['{"number": NaN}', '{"number": Infinity}', '{"details": {"a": NaN}}', '{"details": {"a": 1e999}}']
)
def test_nor_does_it_out_of_a_file(text: str) -> None:
    """A journal that somebody else wrote is held to the same."""
    with pytest.raises(ValidationError):
        Box.model_validate_json(text)


@pytest.mark.parametrize(
    "details", [{"a": _HALF}, {_HALF: 1}, {"a": [_HALF]}, {"a": {"b": {_HALF: None}}}, {"a": f"text {_HALF} text"}]
)
def test_half_a_character_is_refused_wherever_it_stands(details: Any) -> None:
    """It could be read from JSON, and never be written to a journal."""
    with pytest.raises(ValidationError):
        Box(details=details)


@pytest.mark.parametrize(
    "text", ['{"details": {"a": "\\ud83d"}}', '{"details": {"\\udca9": 1}}', '{"details": {"a": ["\\ud83d x"]}}']
)
def test_nor_does_half_a_character_come_out_of_json(text: str) -> None:
    """Which is why what pydantic itself has read need not be looked through again."""
    with pytest.raises(ValidationError):
        Box.model_validate_json(text)
    assert Box.model_validate_json('{"details": {"a": "\\ud83d\\udca9"}}').details == {"a": "💩"}


@pytest.mark.parametrize("value", [{1, 2}, object(), b"bytes", 1j, {1: "a"}, {"a": {None: 1}}])
def test_what_json_does_not_know_is_refused(value: object) -> None:
    """Rather than when it is written."""
    with pytest.raises(ValidationError):
        Box.model_validate({"details": {"a": value} if not isinstance(value, dict) else value})


@given(details=samples.details)
def test_details_are_kept_as_they_are(details: dict[str, Any]) -> None:
    """Huge numbers, nested lists and every script: read from Python or from JSON they are the same."""
    box = Box(details=details)
    assert box.details == details
    assert Box.model_validate_json(box.model_dump_json()) == box


@given(name=st.text(min_size=1).filter(lambda name: name not in {"number", "details"}))
def test_a_key_that_is_not_known_is_refused(name: str) -> None:
    """Whatever it is called."""
    with pytest.raises(ValidationError, match="Extra inputs"):
        Box.model_validate({name: 1})


def test_each_record_has_details_of_its_own() -> None:
    """Those of one are not those of another."""
    first, second = Box(), Box()
    first.details["a"] = 1
    assert second.details == {}
