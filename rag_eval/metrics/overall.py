"""One number for a slide: the mean of faithfulness and context recall of a case, as many teams report it."""

from collections.abc import Mapping

from rag_eval.records import Failure, NotApplicable, Outcome, Score

NAME = "overall"
PARTS = ("faithfulness", "context_recall")
VERSION = "mean of faithfulness and context_recall"


def overall(outcomes: Mapping[str, Outcome]) -> dict[str, Outcome]:
    """`overall` of a case from its other outcomes; nothing if a part is not measured in the run at all."""
    if any(part not in outcomes for part in PARTS):
        return {}
    parts = [outcomes[part] for part in PARTS]
    failures = [part for part in parts if isinstance(part, Failure)]
    absent = [part for part in parts if isinstance(part, NotApplicable)]
    if failures:
        return {NAME: failures[0]}
    if absent:
        return {NAME: absent[0]}
    return {NAME: Score(value=sum(part.value for part in parts if isinstance(part, Score)) / len(parts))}
