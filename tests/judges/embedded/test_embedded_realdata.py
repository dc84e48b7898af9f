"""Agreement with people, on labelled answers that are not part of the project."""

import asyncio
import json
import os
from pathlib import Path
from statistics import correlation, fmean
from typing import Any

import pytest
from judges.embedded.ragas_prompts import recall_of, statements_of, verdicts_on

from rag_eval.judges.embedded.claims import statements
from rag_eval.judges.embedded.judge import EmbeddedJudge
from rag_eval.judges.embedded.passages import read_passages
from rag_eval.judges.embedded.support import SUPPORTED, check

FOLDER = Path(os.environ.get("RAG_EVAL_REALDATA", Path(__file__).resolve().parents[3].parent / "shared" / "data"))
pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="RAG_EVAL_REALDATA names no folder"),
]


def rows(name: str) -> list[dict[str, Any]]:
    """The rows of a data set."""
    file = FOLDER / name / "data.jsonl"
    if not file.is_file():
        pytest.skip(f"{name} is not there")
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


async def faithfulness(row: dict[str, Any]) -> float:
    """Faithfulness as RAGAs computes it; 0 without statements."""
    judge = EmbeddedJudge()
    asked = statements_of(row["user_input"], row["response"])
    said: Any = await judge.reply(asked.prompt, asked.shape)
    asked = verdicts_on("\n".join(row["retrieved_contexts"]), said.statements)
    found: Any = await judge.reply(asked.prompt, asked.shape)
    return fmean(s.verdict for s in found.statements) if found.statements else 0.0


CONFLICTS = (
    "is not in the text",
    "are not in the text",
    "only as a part of another number",
    "of something else",
    "stands against",
    "One is negated",
    "The text gives",
    "Nearest:",
    "apart from each other",
    "no word that could be looked up",
    "context is empty",
)
"""What a reason says of a claim that does not count as supported."""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["factscore_claims", "begin_wow", "mtrag_human_eval"])
def test_every_reason_agrees_with_its_verdict(name: str) -> None:
    """Of a thousand claims none counts as supported with a reason against it, nor the other way round."""
    checked = 0
    for row in rows(name)[::3]:
        passages = read_passages("\n".join(row["retrieved_contexts"]))
        for claim in [*statements(row["response"]), *(fact["text"] for fact in row.get("human_facts", ()))]:
            finding = check(claim, passages)
            against = any(conflict in finding.reason.partition("Said in: ")[0] for conflict in CONFLICTS)
            in_favour = finding.reason.startswith(("Said in: ", "This is said about the sources"))
            assert finding.supported == (finding.support >= SUPPORTED) == in_favour == (not against), (claim, finding)
            checked += 1
    assert checked > 500


async def recall(row: dict[str, Any], contexts: list[str]) -> float:
    """Context recall as RAGAs computes it."""
    asked = recall_of(row["user_input"], "\n".join(contexts), row["reference"])
    found: Any = await EmbeddedJudge().reply(asked.prompt, asked.shape)
    return fmean(c.attributed for c in found.classifications)


@pytest.mark.slow
def test_faithfulness_follows_people_on_biographies() -> None:
    """Pearson with the share of claims that people found supported is at least 0.6."""
    found = [row for row in rows("factscore_claims") if row["retrieved_contexts"]][::2]
    scores = [asyncio.run(faithfulness(row)) for row in found]
    assert correlation(scores, [row["human_supported_ratio"] for row in found]) >= 0.6


@pytest.mark.slow
@pytest.mark.parametrize("name", ["clapnq_dev", "xquad_en"])
def test_context_recall_tells_the_right_contexts_from_others(name: str) -> None:
    """A reference is found in its own contexts and not in another question's."""
    found = [row for row in rows(name) if row["reference"] and row.get("answerable", True)][:150]
    others = [*found[31:], *found[:31]]
    own = fmean(asyncio.run(recall(row, row["retrieved_contexts"])) for row in found)
    wrong = fmean(
        asyncio.run(recall(row, other["retrieved_contexts"])) for row, other in zip(found, others, strict=True)
    )
    assert own > 0.8
    assert wrong < 0.15
