"""What the judge inside is given without a prompt comes to what it comes to by way of one."""

import asyncio
import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from rag_eval import judges, metrics, telemetry
from rag_eval.evaluation import engine
from rag_eval.evaluation.worker import Nowhere
from rag_eval.judges.kinds.embedded import EmbeddedJudgeConfig
from rag_eval.metrics.ragas import direct
from rag_eval.records import Answer, Case, Outcome, Score

FOLDER = Path(os.environ.get("RAG_EVAL_REALDATA", Path(__file__).resolve().parents[2].parent / "shared" / "data"))
METRICS = ("correctness", "faithfulness", "context_recall", "factual_correctness", "context_precision")
CONTEXTS = ("The ferry leaves at noon [1] and costs 9 pounds.", "Dogs travel free; bicycles cost 2 pounds.")
ASKED = Case(id="a", user_input="When does the ferry leave?", reference="At noon. It costs 9 pounds, dogs are free.")

Asked = tuple[Case, Answer]


async def _outcomes(asked: Sequence[Asked]) -> list[tuple[dict[str, Outcome], dict[str, Outcome]]]:
    async with judges.connect(EmbeddedJudgeConfig(), Nowhere(), seed=0, round_=0) as judge:
        specs = metrics.select(METRICS)
        measured, derived = metrics.connect(specs, judge), [spec for spec in specs if spec.derived]
        return [await engine.score_case(measured, derived, Nowhere(), case, answer, {}) for case, answer in asked]


def _compare(asked: Sequence[Asked], monkeypatch: pytest.MonkeyPatch) -> int:
    """See that both ways come to the same, to the bit; gives the number of scores."""
    without = asyncio.run(_outcomes(asked))
    monkeypatch.setattr(telemetry, "is_watched", lambda: True)
    monkeypatch.setattr(direct, "DirectScore", None)  # nothing is scored without a prompt now
    by_prompt = asyncio.run(_outcomes(asked))
    for given, ours, theirs in zip(asked, without, by_prompt, strict=True):
        assert ours == theirs, given
        for mine, other in zip(ours, theirs, strict=True):
            assert [o.model_dump_json() for o in mine.values()] == [o.model_dump_json() for o in other.values()]
    return sum(isinstance(outcome, Score) for fresh, _ in without for outcome in fresh.values())


@pytest.mark.parametrize(
    "answer",
    [
        Answer(response="The ferry leaves at noon and costs 10 pounds.", retrieved_contexts=CONTEXTS),
        Answer(response="I do not know.", retrieved_contexts=CONTEXTS),
        Answer(response="Sure! 😀 " + "!" * 300 + " At noon.", retrieved_contexts=("", " " * 400)),
        Answer(response="…", retrieved_contexts=("?",)),
        Answer(response="At noon.", retrieved_contexts=()),
        Answer(response="正午に出ます。犬は無料です。", retrieved_contexts=("フェリーは正午に出ます。",)),
        Answer(response="Noon. " * 1200, retrieved_contexts=CONTEXTS),
    ],
    ids=["plain", "refusal", "walls", "no words", "nothing retrieved", "japanese", "long"],
)
def test_both_ways_are_one(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where there is nothing to score, with the same reason."""
    _compare([(ASKED, answer), (ASKED.model_copy(update={"user_input": " "}), answer)], monkeypatch)


@pytest.mark.realdata
@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["factscore_claims", "begin_wow", "mtrag_human_eval", "clapnq_dev", "halueval_qa_1000", "ragchecker_meta"]
)
def test_both_ways_are_one_on_real_answers(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of every set, thirty answers."""
    file = FOLDER / name / "data.jsonl"
    if not file.is_file():
        pytest.skip("RAG_EVAL_REALDATA names no folder with this set")
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    rows = rows[:: max(1, len(rows) // 30)]
    asked = [
        (
            Case(id=str(n), user_input=row["user_input"] or "?", reference=row.get("reference") or None),
            Answer(
                response=row.get("response") or row.get("response_a") or row["reference"],
                retrieved_contexts=tuple(map(str, row.get("retrieved_contexts") or ())),
            ),
        )
        for n, row in enumerate(rows)
    ]
    assert _compare(asked, monkeypatch) >= len(asked)
