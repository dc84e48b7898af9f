"""Trials on scores that are there: what is spoilt is noticed, what is not is let pass."""

from collections.abc import Mapping

import numpy as np
import pytest
from support import samples

from rag_eval import gates
from rag_eval.gates.trials import BATCH, RARE, DrawnScores, Experimenter, Population, Question, ScoredCase
from rag_eval.records import Case, Failure, NotApplicable, Outcome, RunMeta, Score

META = RunMeta.read(
    {
        "primary": "correctness",
        "metrics": '[{"name": "correctness", "smallest": 0.01}]',
        "origin": samples.origin(metrics={"correctness": "1"}).model_dump_json(),
    }
)


def question(place: int, *values: float, tag: str = "plain") -> Question:
    """A question that scored this, once for each repetition."""
    return [
        ScoredCase(Case(id=f"{place}~{n}", user_input="?", tags=(tag,)), {"correctness": Score(value=value)})
        for n, value in enumerate(values)
    ]


def experimenter(
    questions: list[Question],
    spoilt: Mapping[int, Question],
    gate: str = "correctness.drop_vs <= 0.02",
    trials: int = 30,
) -> Experimenter:
    """Trials of 200 questions under one gate."""
    population = Population(questions, {"swap": spoilt}, META)
    return Experimenter(population, (gates.parse(gate),), samples.summary(), {}, questions=200, trials=trials)


RIGHT: list[Question] = [question(place, 1.0, tag="few" if place < 5 else "many") for place in range(50)]
WRONG: dict[int, Question] = {place: question(place, 0.0) for place in range(50)}


def test_drawn_scores_are_those_of_a_run() -> None:
    """Each place has an id of its own, repetitions say what they repeat, and every outcome is what it was."""
    case = Case(id="a", user_input="Why?", answerable=False, tags=("t",))
    lost = Failure(stage="judge", reason="timeout", message="late")
    outcomes: list[Mapping[str, Outcome]] = [
        {"m": Score(value=0.5)},
        {"m": lost},
        {"m": NotApplicable(reason="refused")},
    ]
    first, *rest = (ScoredCase(case, outcome) for outcome in outcomes)
    drawn = DrawnScores(META, [[first], [first, *rest]])
    assert drawn.values("m") == {"0": 0.5, "1": 0.5}
    assert drawn.failed("m") == {"1~2": "judge"}
    assert drawn.without("m", "refused") == ["1~3"]
    assert drawn.without("m", "other") == []
    assert drawn.repeats() == {"1~2": "1", "1~3": "1"}
    assert drawn.tags()["1~3"] == ("t",)
    assert drawn.answerable() == dict.fromkeys(["0", "1", "1~2", "1~3"], False)
    assert (drawn.question("0"), drawn.scored(["m"]), drawn.scored(["m", "n"])) == ("Why?", 4, 0)


def test_much_damage_is_caught_and_little_is_not() -> None:
    """One in ten wrong answers is far beyond a margin of .02, and one in a hundred is within it."""
    drawn = experimenter(RIGHT, WRONG)
    little, much = drawn.cell("swap", 0.01), drawn.cell("swap", 0.10)
    assert little is not None
    assert much is not None
    assert (little.failed, little.caught) == (0, False)
    assert (much.rate, much.trials, much.by) == (1.0, BATCH, {"correctness.drop_vs <= 0.02": BATCH})
    assert drawn.smallest_caught("swap", (0.01, 0.02, 0.05, 0.10)) in (0.05, 0.10)


def test_damage_in_a_slice_hits_that_slice_alone() -> None:
    """A tenth of the questions all wrong is noticed; a tenth of these is not."""
    drawn = experimenter(RIGHT, WRONG)
    assert drawn.smallest_caught("swap", (0.1, 1.0), "few") == 1.0
    assert drawn.smallest_caught("swap", (0.01,), "few") is None


def test_what_too_few_can_be_spoilt_by_is_not_tried() -> None:
    """There is no rate of a tenth where a twenty-fifth can be spoilt."""
    drawn = experimenter(RIGHT, {0: WRONG[0], 1: WRONG[1]})
    assert drawn.cell("swap", 0.10) is None
    assert drawn.cell("swap", 0.02) is not None


@pytest.mark.slow
def test_the_same_seed_gives_the_same_trials_in_any_order() -> None:
    """A cell does not depend on the cells before it."""
    mixed = {place: question(place, place % 2 / 2) for place in range(50)}
    first, second = (experimenter(RIGHT, mixed, trials=60) for _ in range(2))
    one = [first.cell("swap", share) for share in (0.05, 0.10)]
    other = [second.cell("swap", share) for share in (0.10, 0.05)]
    assert one == other[::-1]


def test_undecided_counts_as_blocked_only_where_it_is_wanted() -> None:
    """What is neither passed nor failed is counted apart."""
    drawn = experimenter(RIGHT, WRONG, "correctness.drop_vs <= 0.05")
    strict = Experimenter(
        drawn.population, drawn.gates, drawn.summary, {}, questions=200, trials=30, undecided_blocks=True
    )
    lenient, counted = drawn.cell("swap", 0.05), strict.cell("swap", 0.05)
    assert lenient is not None
    assert counted is not None
    assert lenient.undecided > lenient.blocked == lenient.failed
    assert counted.blocked == counted.failed + counted.undecided


@pytest.mark.slow
@pytest.mark.parametrize("repetitions", [1, 3])
def test_what_is_not_worse_is_blocked_in_at_most_one_of_twenty(repetitions: int) -> None:
    """With repetitions that differ, or with questions that change for better and worse alike."""
    rng = np.random.default_rng(7)
    noisy = [question(place, *(float(x) for x in rng.random(repetitions) < 0.8)) for place in range(60)]
    drawn = experimenter(noisy, {}, "correctness.drop_vs <= 0.01", trials=100)
    cell = drawn.unspoilt(0.10)
    assert cell.trials == (RARE if cell.blocked == 0 else 100)
    assert cell.rate <= 0.05
    assert drawn.population.repeated == (repetitions > 1)
