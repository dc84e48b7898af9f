"""What an answer took: tokens and dollars, out of what a service says of it."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

_TOTAL = ("total", "totaltokens", "totaltokencount")
_PARTS = (
    ("prompttokens", "inputtokens", "prompt", "input", "prompttokencount", "inputtokencount"),
    ("completiontokens", "outputtokens", "completion", "output", "candidatestokencount", "outputtokencount"),
)
_COST = ("cost", "costusd", "totalcost", "totalcostusd")


def spending(usage: JsonValue) -> tuple[float | None, float | None]:
    """Tokens and dollars of an answer out of what the service says of it, in the names of the usual providers."""
    if isinstance(usage, int | float) and not isinstance(usage, bool):
        return float(usage), None
    if not isinstance(usage, dict):
        return None, None
    numbers = {
        key.lower().replace("_", ""): float(value)
        for key, value in usage.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    parts = [count for names in _PARTS if (count := _first(numbers, names)) is not None]
    total = _first(numbers, _TOTAL)
    return total if total is not None else sum(parts) if parts else None, _first(numbers, _COST)


def _first(numbers: Mapping[str, float], names: Sequence[str]) -> float | None:
    return next((numbers[name] for name in names if name in numbers), None)
