"""How well the embedded judge agrees with people, on labelled answers that are not part of the project.

Run `python bench/factscore.py [FOLDER]`; FOLDER is `$RAG_EVAL_REALDATA`, else `../shared/data` beside the
repository. Each data set is a folder with a `data.jsonl`; those that are absent are left out. The table `SETS` has one
line for each statistic; beside it stand its 95 % interval, by a bootstrap over clusters of answers that belong
together, and what the length of the answer alone gives in its better direction.
"""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from pydantic import BaseModel
from scipy.stats import rankdata

from rag_eval.judges.embedded.judge import EmbeddedJudge
from rag_eval.judges.embedded.support import ALARM
from rag_eval.language.prompts import MARKER

Row = dict[str, Any]
Values = np.ndarray[Any, np.dtype[np.float64]]
Statistic = Callable[[Values, Values], float]

RESAMPLES = 1000
SEED = 20240501


class StatementGeneratorOutput(BaseModel):
    """The shape RAGAs asks statements in."""

    statements: list[str]


class StatementFaithfulnessAnswer(BaseModel):
    """One statement with its verdict."""

    statement: str
    reason: str
    verdict: int


class NLIStatementOutput(BaseModel):
    """The shape RAGAs asks verdicts in."""

    statements: list[StatementFaithfulnessAnswer]


class ContextRecallClassification(BaseModel):
    """One statement of a reference."""

    attributed: int


class ContextRecallOutput(BaseModel):
    """The shape RAGAs asks context recall in."""

    classifications: list[ContextRecallClassification]


def folder() -> Path:
    """Where the labelled answers are."""
    beside = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    return Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("RAG_EVAL_REALDATA", beside))


@cache
def rows(name: str) -> list[Row]:
    """The rows of a data set."""
    with (folder() / name / "data.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def prompt(**given: object) -> str:
    """The end of a RAGAs prompt, which is all the embedded judge reads."""
    return f"{MARKER}{json.dumps(given)}\nOutput: "


async def supports(row: Row) -> list[float]:
    """The support of each statement of the response; 0 for a response without statements."""
    judge = EmbeddedJudge()
    asked = prompt(question=row["user_input"] or "", answer=row["response"] or "")
    statements = (await judge.reply(asked, StatementGeneratorOutput)).statements
    checked = prompt(context="\n".join(row["retrieved_contexts"]), statements=statements)
    verdicts: Any = (await judge.reply(checked, NLIStatementOutput)).statements
    return [verdict.support for verdict in verdicts] or [0.0]


async def recall(row: Row, contexts: Sequence[str]) -> float:
    """Share of the reference that contexts support."""
    asked = prompt(question=row["user_input"], context="\n".join(contexts), answer=row["reference"])
    parts = (await EmbeddedJudge().reply(asked, ContextRecallOutput)).classifications
    return fmean(part.attributed for part in parts) if parts else 0.0


def pearson(scores: Values, people: Values) -> float:
    """Linear correlation."""
    return float(np.corrcoef(scores, people)[0, 1])


def spearman(scores: Values, people: Values) -> float:
    """Correlation of ranks, ties sharing their mean."""
    return pearson(rankdata(scores), rankdata(people))


def bias(scores: Values, people: Values) -> float:
    """How much higher the scores are than people's."""
    return float(np.mean(scores) - np.mean(people))


def auroc(scores: Values, people: Values) -> float:
    """Chance that an answer people hold faithful (1) scores above one they do not (0)."""
    good = people > 0
    count = int(good.sum())
    above = rankdata(scores)[good].sum() - count * (count + 1) / 2
    return float(above / (count * (len(scores) - count)))


def balanced(scores: Values, people: Values) -> float:
    """Balanced accuracy of the alarm: mean of the shares of good answers above it and of others below it."""
    good, quiet = people > 0, scores >= ALARM
    return float((np.mean(quiet[good]) + np.mean(~quiet[~good])) / 2)


@dataclass(frozen=True)
class Agreement:
    """One statistic on one data set."""

    name: str
    label: Callable[[Row], float | None]
    """What people say of an answer; None for an answer that is left out."""
    statistic: Statistic
    value: Callable[[Sequence[float]], float] = fmean
    """What becomes of the support of the statements: its mean is faithfulness, its minimum the alarm."""
    cluster: Callable[[Row], str] = lambda row: str(row["id"])
    """Which answers belong together, such as those about one topic."""


def _raters(row: Row) -> float:
    return fmean(row["human"]["faithfulness"])


def _attributable(row: Row) -> float | None:
    return None if row["human_label"] == "Generic" else float(row["human_label"] == "Fully attributable")


def _conversation(row: Row) -> str:
    return str(row["id"]).partition("<::>")[0]


def _context(row: Row) -> str:
    return str(row["retrieved_contexts"][0])


def _ratio(row: Row) -> float:
    return float(row["human_supported_ratio"])


def _topic(row: Row) -> str:
    return str(row["topic"])


def _mostly_faithful(row: Row) -> float:
    return float(_raters(row) >= 3.5)


SETS = (
    Agreement("factscore_claims", _ratio, pearson, cluster=_topic),
    Agreement("factscore_claims", _ratio, bias, cluster=_topic),
    Agreement("begin_wow", _attributable, auroc, cluster=_context),
    Agreement("begin_wow", _attributable, auroc, min, _context),
    Agreement("mtrag_human_eval", _raters, spearman, cluster=_conversation),
    Agreement("mtrag_human_eval", _mostly_faithful, auroc, min, _conversation),
    Agreement("mtrag_human_eval", _mostly_faithful, balanced, min, _conversation),
)
RECALLS = (("clapnq_dev", 7), ("xquad_en", 31))
"""Data sets with references, and how many rows further the contexts of another question are taken from."""


@cache
def judged(name: str) -> list[tuple[Row, list[float]]]:
    """Each row of a data set that has contexts, with the support of its statements."""

    async def every() -> list[tuple[Row, list[float]]]:
        return [(row, await supports(row)) for row in rows(name) if row["retrieved_contexts"]]

    return asyncio.run(every())


def interval(statistic: Statistic, scores: Values, people: Values, clusters: Sequence[str]) -> tuple[float, float]:
    """The 95 % interval of a statistic: percentiles over resamples of whole clusters."""
    rng = np.random.default_rng(SEED)
    members = [np.flatnonzero(np.array(clusters) == name) for name in dict.fromkeys(clusters)]
    values = []
    for _ in range(RESAMPLES):
        drawn = np.concatenate([members[at] for at in rng.integers(len(members), size=len(members))])
        values.append(statistic(scores[drawn], people[drawn]))
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)


def agreement(wanted: Agreement) -> str:
    """One line: the statistic, its interval, and the control."""
    parts = [(row, values, wanted.label(row)) for row, values in judged(wanted.name)]
    kept = [(row, values, label) for row, values, label in parts if label is not None]
    people = np.array([label for _, _, label in kept], dtype=float)
    scores = np.array([wanted.value(values) for _, values, _ in kept])
    low, high = interval(wanted.statistic, scores, people, [wanted.cluster(row) for row, _, _ in kept])
    lengths = np.array([len(row["response"] or "") for row, _, _ in kept], dtype=float)
    control = "" if wanted.statistic in (bias, balanced) else f"{_better(wanted.statistic, lengths, people):.3f}"
    of = "least" if wanted.value is min else "mean"
    what = f"{wanted.statistic.__name__} of the {of} support"
    return f"{what:31s} {wanted.statistic(scores, people):6.3f} [{low:.3f}, {high:.3f}]  {control:>6s}  {len(kept):5d}"


def _better(statistic: Statistic, lengths: Values, people: Values) -> float:
    return max(statistic(lengths, people), statistic(-lengths, people))


def recalls(name: str, shift: int) -> str:
    """Context recall with the right and with wrong contexts."""

    async def means() -> tuple[float, float]:
        own = [await recall(row, row["retrieved_contexts"]) for row in kept]
        others = [*kept[shift:], *kept[:shift]]
        wrong = [await recall(a, b["retrieved_contexts"]) for a, b in zip(kept, others, strict=True)]
        return fmean(own), fmean(wrong)

    kept = [row for row in rows(name) if row["reference"] and row.get("answerable", True)]
    own, other = asyncio.run(means())
    return f"context recall: own contexts {own:.3f}, another question's {other:.3f}  {len(kept):14d}"


def main() -> None:
    """Print one line a statistic."""
    print(f"{'':18s} {'':31s}        95 % interval   length      n")
    for wanted in SETS:
        if (folder() / wanted.name / "data.jsonl").is_file():
            print(f"{wanted.name:18s} {agreement(wanted)}")
    for name, shift in RECALLS:
        if (folder() / name / "data.jsonl").is_file():
            print(f"{name:18s} {recalls(name, shift)}")


if __name__ == "__main__":
    main()
