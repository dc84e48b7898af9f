"""A widened model keeps what a judge knows beyond its fields."""

from pydantic import BaseModel

from rag_eval.judges.widened import widened


class Item(BaseModel):
    """A statement."""

    statement: str


class Listing(BaseModel):
    """A list of statements."""

    items: list[Item]
    note: str = ""


def test_what_has_no_field_is_kept_also_in_lists() -> None:
    """And goes through JSON unchanged, as a cached reply does."""
    given = {"items": [{"statement": "a", "support": 0.5}], "note": "n", "score": 0.3}
    reply = widened(Listing).model_validate(given)
    assert isinstance(reply, Listing)
    assert reply.model_dump() == given
    assert widened(Listing).model_validate_json(reply.model_dump_json()) == reply


def test_it_has_the_name_of_its_model_and_is_made_once() -> None:
    """So that its row is found, and its schema worked out once."""
    assert widened(Listing) is widened(Listing)
    assert (widened(Listing).__name__, widened(Listing).__module__) == ("Listing", Listing.__module__)
