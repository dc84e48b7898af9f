"""What was asked of the receiver and not kept, counted, so that whoever wonders about an empty capture is told."""

from collections import Counter
from dataclasses import dataclass, field

_MOST = 50
_LONGEST = 80
_OTHERS = "other requests"


@dataclass
class RequestTally:
    """Requests that left nothing behind."""

    metrics: int = 0
    """Requests with metrics, which are acknowledged and not kept."""
    refused: Counter[str] = field(default_factory=Counter)
    """Path, client and reason to how often; the first kinds by themselves, all others together."""

    def refuse(self, path: str, client: str, why: str) -> None:
        """Count a request that was refused."""
        kind = f"{_plain(path)} from {_plain(client) or 'an unknown client'}: {_plain(why)}"
        self.refused[kind if kind in self.refused or len(self.refused) < _MOST else _OTHERS] += 1

    def lines(self) -> list[str]:
        """What to tell a person, most frequent first."""
        refusals = [f"{count} × refused: {kind}" for kind, count in self.refused.most_common()]
        return (
            [f"{self.metrics} requests with metrics were acknowledged and not kept", *refusals]
            if self.metrics
            else refusals
        )


def _plain(text: str) -> str:
    """A text of a stranger's without what a terminal obeys, and not for ever."""
    plain = "".join(character if character.isprintable() else "?" for character in text)
    return plain if len(plain) <= _LONGEST else f"{plain[:_LONGEST]}…"
