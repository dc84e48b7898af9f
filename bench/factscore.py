"""How well the embedded judge agrees with people, on labelled answers that are not part of the project.

Run `python bench/factscore.py [FOLDER]`; FOLDER is `$RAG_EVAL_REALDATA`, else `../shared/data` beside the
repository.
Each data set is a folder with a `data.jsonl`; those that are absent are left out.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import correlation, fmean
from typing import Any

from pydantic import BaseModel

from rag_eval.judges.embedded import EmbeddedJudge
from rag_eval.language.prompts import MARKER

Row = dict[str, Any]


class StatementGeneratorOutput(BaseModel):
    """The shape RAGAs asks statements in."""

    statements: list[str]


class Judged(BaseModel):
    """One statement with its verdict."""

    statement: str
    reason: str
    verdict: int


class NLIStatementOutput(BaseModel):
    """The shape RAGAs asks verdicts in."""

    statements: list[Judged]


class Classified(BaseModel):
    """One statement of a reference."""

    attributed: int


class ContextRecallOutput(BaseModel):
    """The shape RAGAs asks context recall in."""

    classifications: list[Classified]


def folder() -> Path:
    """Where the labelled answers are."""
    beside = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    return Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("RAG_EVAL_REALDATA", beside))


def rows(name: str) -> list[Row]:
    """The rows of a data set."""
    with (folder() / name / "data.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def prompt(**given: object) -> str:
    """The end of a RAGAs prompt, which is all the embedded judge reads."""
    return f"{MARKER}{json.dumps(given)}\nOutput: "


async def faithfulness(row: Row) -> float:
    """Share of the response's statements that its contexts support; 0 without statements."""
    judge = EmbeddedJudge()
    asked = prompt(question=row["user_input"], answer=row["response"] or "")
    said = (await judge.reply(asked, StatementGeneratorOutput)).statements
    checked = prompt(context="\n".join(row["retrieved_contexts"]), statements=said)
    verdicts = (await judge.reply(checked, NLIStatementOutput)).statements
    return fmean(v.verdict for v in verdicts) if verdicts else 0.0


async def recall(row: Row, contexts: Sequence[str]) -> float:
    """Share of the reference that contexts support."""
    asked = prompt(question=row["user_input"], context="\n".join(contexts), answer=row["reference"])
    found = (await EmbeddedJudge().reply(asked, ContextRecallOutput)).classifications
    return fmean(c.attributed for c in found) if found else 0.0


def ranks(values: Sequence[float]) -> list[float]:
    """Ranks from 0, ties sharing their mean."""
    order = sorted(values)
    return [(order.index(v) + len(order) - 1 - order[::-1].index(v)) / 2 for v in values]


def auroc(scores: Sequence[float], positive: Sequence[bool]) -> float:
    """Chance that a positive scores above a negative."""
    count = sum(positive)
    above = sum(rank for rank, yes in zip(ranks(scores), positive, strict=True) if yes)
    return (above - count * (count - 1) / 2) / (count * (len(scores) - count))


async def faithfulness_of(found: Sequence[Row]) -> list[float]:
    """Faithfulness of each row."""
    return [await faithfulness(row) for row in found]


async def factscore() -> str:
    """Pearson with the share of claims that people found supported."""
    found = [row for row in rows("factscore_claims") if row["retrieved_contexts"]]
    people = [row["human_supported_ratio"] for row in found]
    return f"Pearson {correlation(await faithfulness_of(found), people):.3f} ({len(found)} answers)"


async def begin() -> str:
    """AUROC of fully attributable replies against the others."""
    found = [row for row in rows("begin_wow") if row["human_label"] != "Generic"]
    positive = [row["human_label"] == "Fully attributable" for row in found]
    return f"AUROC {auroc(await faithfulness_of(found), positive):.3f} ({len(found)} answers)"


async def mtrag() -> str:
    """Spearman with the mean of three raters."""
    found = [row for row in rows("mtrag_human_eval") if row["retrieved_contexts"]]
    people = ranks([fmean(row["human"]["faithfulness"]) for row in found])
    return f"Spearman {correlation(ranks(await faithfulness_of(found)), people):.3f} ({len(found)} answers)"


async def _recalls(name: str, shift: int) -> str:
    found = [row for row in rows(name) if row["reference"] and row.get("answerable", True)]
    own = [await recall(row, row["retrieved_contexts"]) for row in found]
    other = [
        await recall(row, found[(place + shift) % len(found)]["retrieved_contexts"]) for place, row in enumerate(found)
    ]
    return f"context recall, own {fmean(own):.3f}, another row's {fmean(other):.3f} ({len(found)} references)"


async def clapnq() -> str:
    """Context recall with the right and with wrong contexts, long references."""
    return await _recalls("clapnq_dev", shift=7)


async def xquad() -> str:
    """Context recall with the right and with wrong contexts, references of a few words."""
    return await _recalls("xquad_en", shift=31)


SETS: dict[str, Callable[[], Any]] = {
    "factscore_claims": factscore,
    "begin_wow": begin,
    "mtrag_human_eval": mtrag,
    "clapnq_dev": clapnq,
    "xquad_en": xquad,
}


def main() -> None:
    """Print one line a data set."""
    for name, measure in SETS.items():
        if (folder() / name / "data.jsonl").is_file():
            started = time.perf_counter()
            line = asyncio.run(measure())
            print(f"{name:18s} {line} in {time.perf_counter() - started:.1f} s")


if __name__ == "__main__":
    main()
