"""What every record is."""

import json
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, JsonValue, ValidationInfo


class Record(BaseModel):
    """A value: frozen, compared by content, strict about its keys, never a NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _writable(details: dict[str, JsonValue], info: ValidationInfo) -> dict[str, JsonValue]:
    """Refuse what JSON can read and UTF-8 cannot write, such as half of a surrogate pair.

    What pydantic itself has read as JSON holds none, and is most of what is ever read: the rows of a journal.
    """
    if info.mode != "json":
        json.dumps(details, ensure_ascii=False).encode()
    return details


Details = Annotated[dict[str, JsonValue], AfterValidator(_writable)]
"""Whatever else is known, as it would stand in JSON."""
