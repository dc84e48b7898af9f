"""What every record is."""

import json
import math
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, JsonValue, ValidationInfo


class Record(BaseModel):
    """A value: frozen, compared by content, strict about its keys, never a NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _writable(details: dict[str, JsonValue], info: ValidationInfo) -> dict[str, JsonValue]:
    """Refuse what JSON can read and UTF-8 cannot write, such as half of a surrogate pair, and what is no number.

    What pydantic itself has read as JSON holds no such half, and is most of what is ever read: the rows of a journal.
    Of Python's values it has refused NaN and infinity by itself.
    """
    if info.mode != "json":
        json.dumps(details, ensure_ascii=False).encode()
    elif not _finite(details):
        raise ValueError("Input should hold finite numbers")
    return details


def _finite(value: JsonValue) -> bool:
    """Whether all numbers in a value are some."""
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(map(_finite, value.values()))
    return all(map(_finite, value)) if isinstance(value, list) else True


Details = Annotated[dict[str, JsonValue], AfterValidator(_writable)]
"""Whatever else is known, as it would stand in JSON."""
