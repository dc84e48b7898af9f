"""What a collector of metrics gets, and what it makes of it."""

import urllib.request

from prometheus_client.parser import text_string_to_metric_families


def series(text: str) -> dict[str, float]:
    """Series, as they are written, to values."""
    return {
        sample.name + "".join(f"[{value}]" for _, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def fetched(url: str) -> str:
    """What stands at an address."""
    with urllib.request.urlopen(url, timeout=10) as response:
        return str(response.read().decode())
