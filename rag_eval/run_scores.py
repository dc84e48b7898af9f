"""What a run has of a metric, question by question: scores as statistics take them."""

from collections.abc import Iterator, Sequence

from rag_eval.ports import Scores
from rag_eval.records import REFUSED, MetricTraits
from rag_eval.stats.paired import Side
from rag_eval.stats.repeats import mean_per_question

FEWEST_KNOWN = 8
"""Documents or conversations from which on questions are grouped by them."""


def sides(a: Scores, b: Scores) -> Iterator[tuple[MetricTraits, Side, Side]]:
    """What two runs have of each metric that both have and show, over the questions that both were asked."""
    both = frozenset(shared(a, b))
    theirs = b.meta.origin.metrics
    for traits in a.meta.traits:
        if traits.name in theirs and not traits.hidden:
            yield traits, side(a, traits).among(both), side(b, traits).among(both)


def side(journal: Scores, traits: MetricTraits) -> Side:
    """What a run has of a metric, question by question, each with the mean of its repetitions."""
    repeats = journal.repeats()
    failed = journal.failed(traits.name)
    unanswered = [case for case, stage in failed.items() if stage == "target"]
    zeros = dict.fromkeys(unanswered if traits.unanswered == "zero" else (), 0.0)
    values = mean_per_question({**journal.values(traits.name), **zeros}, repeats)
    order = {key: values[key] for key in questions_of(journal) if key in values}

    def without_value(cases: Sequence[str]) -> frozenset[str]:
        return frozenset(key for case in cases if (key := repeats.get(case, case)) not in values)

    return Side(
        values=order,
        unanswered=frozenset(repeats.get(case, case) for case in zeros),
        unjudged=without_value([case for case, stage in failed.items() if stage != "target"]),
        refused=without_value(journal.without(traits.name, REFUSED)),
    )


def shared(a: Scores, b: Scores) -> list[str]:
    """The ids of the questions that two runs were both asked, in the order of A."""
    theirs = {*questions_of(b)}
    return [key for key in questions_of(a) if key in theirs]


def questions_of(journal: Scores) -> list[str]:
    """The ids of the questions that were asked, in the order of the dataset, each once."""
    repeats = journal.repeats()
    return list(dict.fromkeys(repeats.get(case, case) for case in journal.answerable()))


def clusters_of(*runs: Scores) -> dict[str, str] | None:
    """Question to what it belongs to with others; a repetition is no other question.

    None where nothing is known, or where so few are known that the questions are about just these documents or
    conversations, of which they are a sample by themselves.
    """
    known: dict[str, str] = {}
    for run in runs:
        repeats = run.repeats()
        known |= {repeats.get(case, case): cluster for case, cluster in run.clusters().items()}
    return known if len({*known.values()}) >= FEWEST_KNOWN else None
