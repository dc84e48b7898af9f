"""A run beside the baselines that gates hold it to: found, opened, and checked to have been measured alike."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TypeAlias

from rag_eval import config, gates, runs
from rag_eval.ports import Scores
from rag_eval.records import Origin, Summary

ScoreFolder: TypeAlias = runs.RunFolder | gates.Baseline
"""Where scores are kept: a run's folder, or a baseline's."""


@contextmanager
def opened(
    own: tuple[Summary, Scores],
    demanded: Sequence[gates.Gate],
    experiment: config.Experiment,
    stand_ins: Mapping[str, ScoreFolder],
    root: Path,
    *,
    force: bool = False,
) -> "Iterator[gates.Trial]":
    """A run, given with its scores, beside the baselines that gates name, all of them open.

    `stand_ins` take the place of baselines by name, the others are found in `root`. Raises `ConfigError` for what the
    run does not have, and `MismatchError` for a baseline that is not there or was measured otherwise, unless forced.
    """
    summary, scores = own
    named = {name: stand_ins.get(name) or gates.find(name, root) for name in gates.baselines(demanded)}
    with ExitStack() as stack:
        known = {name: (kept.id, stack.enter_context(_scores(kept))) for name, kept in named.items()}
        gates.check(demanded, _facts(scores, summary))
        if not force:
            origins = {name: origin_of(theirs) for name, (_, theirs) in known.items()}
            limits = {name: limit_of_scores(theirs) for name, (_, theirs) in known.items()}
            gates.check_baselines(demanded, summary.origin, origins, limit=summary.limit_said, limits=limits)
        replaced = frozenset(name for name, kept in named.items() if _replaces(kept, name))
        yield gates.Trial(scores, summary, known, experiment.smallest, experiment.seed, replaced)


def _replaces(kept: ScoreFolder, name: str) -> bool:
    """Whether a run stands for a baseline that is called otherwise; `demo-base` is called `base`."""
    return kept.path.resolve().name != name and not kept.id.partition("~")[0].endswith(f"-{name}")


def _facts(scores: Scores, summary: Summary) -> gates.RunFacts:
    """What is known of a run that has ended; its tags and cases are those of the dataset where it asked all of it."""
    traits, repeats = scores.meta.traits, scores.repeats()
    whole = scores.meta.known("limit") and summary.finished and not summary.limited
    return gates.RunFacts(
        traits,
        scores.meta.primary or traits[0].name,
        summary.origin,
        tags={tag for tags in scores.tags().values() for tag in tags} if whole else None,
        ids={repeats.get(case, case) for case in scores.answerable()} if whole else None,
    )


def origin_of(scores: Scores) -> Origin:
    """Where scores come from."""
    return scores.meta.origin


def limit_of_scores(scores: Scores) -> str:
    """How the run was limited that they are of; nothing where it was not."""
    return scores.meta.limit_said


def _scores(kept: ScoreFolder) -> AbstractContextManager[Scores]:
    return kept.open_()
