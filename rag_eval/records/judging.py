"""What a judge's endpoint shows of itself while it is asked: who answers, and what it does not take."""

import re
from collections.abc import Mapping

from pydantic import Field

from rag_eval.records.base import Record

_RELEASE = re.compile(r"(?:[-@:](?:\d{3,}(?:-\d+)*|latest|preview|exp))+$")
"""What stands behind a model's name to tell one release of it from another: `-2024-08-06`, `:latest`."""


ANSWERED_BY = "answered_by"
"""Key of a reply, and of a score's evidence: which model answered in place of the one that was asked for."""

SUSPICIOUS = "suspicious"
"""Key of a score's evidence: which of its inputs speaks to the judge, and how."""


def answered_by(*replies: object) -> dict[str, str]:
    """What to keep with a score of who gave its replies; nothing where it was who was asked."""
    names = {name for reply in replies if (name := getattr(reply, ANSWERED_BY, None))}
    return {ANSWERED_BY: ", ".join(sorted(names))} if names else {}


class ObservedJudge(Record):
    """What an endpoint said of its replies."""

    models: dict[str, int] = Field(default_factory=dict)
    """Model that answered, by the endpoint's word, to number of replies."""
    left_out: tuple[str, ...] = ()
    """Parameters that the endpoint refuses, and that its replies came without."""
    cost_usd: float = 0.0
    """What a gateway says that the replies cost."""
    priced: int = 0
    """Of how many replies it says so."""

    def __add__(self, other: "ObservedJudge") -> "ObservedJudge":
        names = {*self.models, *other.models}
        return ObservedJudge(
            models={name: self.models.get(name, 0) + other.models.get(name, 0) for name in sorted(names)},
            left_out=tuple(sorted({*self.left_out, *other.left_out})),
            cost_usd=self.cost_usd + other.cost_usd,
            priced=self.priced + other.priced,
        )

    def others(self, asked: str) -> Mapping[str, int]:
        """The models that answered in place of the one that was asked for; releases of the same are the same."""
        return {name: calls for name, calls in self.models.items() if _plain(name) != _plain(asked)}


def _plain(model: str) -> str:
    """A model's name without who serves it and without its release."""
    name = model.lower().rpartition("/")[2]
    return _RELEASE.sub("", name)
