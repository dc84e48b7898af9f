"""How a service is to be loaded, as it is written."""

from typing import Any

import pytest
from pydantic import ValidationError

from rag_eval.config import LoadConfig


@pytest.mark.parametrize(
    ("written", "seconds"),
    [(90, 90.0), ("90", 90.0), ("90s", 90.0), ("2m", 120.0), ("1h30m", 5400.0), ("1.5m", 90.0), (" 5s ", 5.0)],
)
def test_a_time_is_written_as_people_write_one(written: object, seconds: float) -> None:
    """A number of seconds, or hours, minutes and seconds."""
    assert LoadConfig.model_validate({"duration": written}).duration == seconds


@pytest.mark.parametrize("written", ["soon", "5x", "1m2h", "", "-5s", 0, None])
def test_what_is_no_time_is_refused(written: object) -> None:
    """Neither is one in which nothing could be asked."""
    with pytest.raises(ValidationError):
        LoadConfig.model_validate({"duration": written})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"wait": [3, 1]}, "wait: from 3 to 1 s is no range"),
        ({"endpoints": [{"name": "query", "url": "http://h"}]}, "endpoints: query stands twice"),
        ({"endpoints": [{"name": n, "url": "http://h"} for n in ("a", "a")]}, "endpoints: a stands twice"),
        ({"weight": 0}, "every weight is 0"),
        ({"shape": "replay"}, "`shape: replay` and `arrivals` belong together"),
        ({"arrivals": "traces.jsonl"}, "`shape: replay` and `arrivals` belong together"),
    ],
)
def test_what_does_not_fit_together_is_refused(settings: dict[str, Any], message: str) -> None:
    """Before anybody is asked."""
    with pytest.raises(ValidationError, match=message):
        LoadConfig.model_validate(settings)
