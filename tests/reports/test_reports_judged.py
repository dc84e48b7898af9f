"""Who judged is told where it is not who was named."""

import pytest
from support import samples

from rag_eval.records import ObservedJudge, SuspiciousCases
from rag_eval.reports import judged


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        (ObservedJudge(models={"gpt-4o": 90}), ()),
        (ObservedJudge(models={"gpt-4o-2024-08-06": 90}, left_out=("max_completion_tokens",)), ()),
        (ObservedJudge(models={"gpt-4o": 78, "gpt-4o-mini": 12}), ("gpt-4o; of 90 replies 12 came from gpt-4o-mini",)),
        (ObservedJudge(models={"gpt-4o-0801": 1, "gpt-4o-0901": 2}), ("1 came from gpt-4o-0801 and 2 came",)),
        (ObservedJudge(models={"gpt-4o": 1}, left_out=("seed", "temperature")), ("no temperature and no seed",)),
    ],
)
def test_another_judge_than_the_named_one_is_told(seen: ObservedJudge, told: tuple[str, ...]) -> None:
    """And so is one that cannot be held steady."""
    summary = samples.summary(judged=seen)
    summary = summary.model_copy(update={"origin": summary.origin.model_copy(update={"judge": {"model": "gpt-4o"}})})
    lines = judged.warnings(summary)
    assert len(lines) == len(told)
    assert all(words in line for words, line in zip(told, lines, strict=True))


@pytest.mark.parametrize(
    ("a", "b", "told"),
    [
        (ObservedJudge(), ObservedJudge(models={"m": 1}), ()),
        (ObservedJudge(models={"m": 1}), ObservedJudge(models={"m": 9}), ()),
        (ObservedJudge(models={"m": 1}), ObservedJudge(models={"m": 1, "n": 2}), ("in A 1 came from m, in B",)),
        (
            ObservedJudge(models={"m": 1}, left_out=("temperature",)),
            ObservedJudge(models={"m": 1}),
            ("in A without temperature, in B with both",),
        ),
    ],
)
def test_runs_that_were_judged_otherwise_say_so(a: ObservedJudge, b: ObservedJudge, told: tuple[str, ...]) -> None:
    """What is not known of one of them is no difference."""
    lines = judged.differences(a, b)
    assert len(lines) == len(told)
    assert all(words in line for words, line in zip(told, lines, strict=True))


def test_texts_that_speak_to_the_judge_are_told_with_where_they_are() -> None:
    """How many, the first of them, and how to look at one."""
    found = SuspiciousCases(count=7, first=("c-1", "c-2"))
    (line,) = judged.warnings(samples.summary(suspicious=found))
    assert "7 of" in line
    assert "c-1, c-2 and 5 more" in line
    assert "--case c-1" in line
