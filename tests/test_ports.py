"""What may be swapped: whoever has scores of a run tells the same of it, and a target may want to be restored."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from support import samples
from support.answering import AnsweringTarget
from support.gated import LOST, REFUSED, TRAITS, UNJUDGED

from rag_eval import configfile, gates
from rag_eval.evaluation import results
from rag_eval.gates.sequential import FirstScores
from rag_eval.gates.trials import DrawnScores, ScoredCase
from rag_eval.journal import REPEAT_OF, Journal
from rag_eval.ports import Resumable, Scores
from rag_eval.records import Answer, Case, Outcome, Reply, Score
from rag_eval.runs import RunFolder

_METRICS = ("correctness", "latency", "gone")
_ASKED: dict[str, Callable[[Scores], Any]] = {
    "values": lambda scores: [[*scores.values(name).items()] for name in _METRICS],
    "failed": lambda scores: [scores.failed(name) for name in _METRICS],
    "refused": lambda scores: [scores.without(name, "refused") for name in _METRICS],
    "another reason": lambda scores: scores.without("correctness", "needs_reference"),
    "scored": lambda scores: [scores.scored(names) for names in (("correctness",), ("correctness", "gone"))],
    "answerable": lambda scores: [*scores.answerable().items()],
    "tags": lambda scores: scores.tags(),
    "clusters": lambda scores: scores.clusters(),
    "question": lambda scores: scores.question("q1"),
    "name": lambda scores: [traits.name for traits in scores.meta.traits],
}
"""What statistics and gates ask of scores."""


def _rows() -> samples.Rows:
    outcomes: tuple[Outcome, ...] = (Score(value=0.5), LOST, UNJUDGED, REFUSED, Score(value=1.0), Score(value=0.0))
    return [
        (
            Case(
                id=f"q{n}", user_input=f"Nº {n}?", tags=("even", "all") if n % 2 == 0 else (), answerable=n != 3,
                metadata={"conversation": f"c{n % 2}"},
            ),
            Answer(response=f"{n}"),
            {"correctness": outcome, "latency": Score(value=n / 2)},
        )
        for n, outcome in enumerate(outcomes)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journal]:
    """A run in which there is an outcome of every kind."""
    folder = tmp_path_factory.mktemp("ports") / "20261123-091500-x"
    folder.mkdir()
    listed = json.dumps([traits.model_dump() for traits in TRAITS if traits.name in ("correctness", "latency")])
    with samples.journal(folder / "journal.db", _rows(), ("correctness", "latency"), metrics=listed) as made:
        yield made


@pytest.fixture(scope="module")
def every(journal: Journal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Scores]]:
    """The same run as a journal, as a baseline that was kept of it, and as parts of it that happen to be all of it."""
    folder = RunFolder(journal.path.parent)
    folder.experiment.write_text(configfile.dump(samples.experiment()))
    summary = results.summary_of(folder).model_copy(update={"finished": True})
    kept = gates.keep(folder, summary, "main", tmp_path_factory.mktemp("baselines"))
    with ExitStack() as stack:
        yield {
            "journal": journal,
            "baseline": stack.enter_context(kept.open_()),
            "first": FirstScores(journal, {case.id for case, *_ in _rows()}),
        }


@pytest.mark.parametrize("who", ["baseline", "first"])
@pytest.mark.parametrize("what", _ASKED)
def test_whoever_has_the_scores_of_a_run_tells_the_same_of_it(every: dict[str, Scores], who: str, what: str) -> None:
    """Values in the order of the dataset, failures apart from refusals, and nothing of a metric that there is not."""
    ask = _ASKED[what]
    assert ask(every[who]) == ask(every["journal"])


def test_a_failure_is_in_no_value_and_has_its_stage(every: dict[str, Scores]) -> None:
    """Of whoever tells it: the system's own silence is told from the judge's."""
    for scores in every.values():
        assert scores.values("correctness") == {"q0": 0.5, "q4": 1.0, "q5": 0.0}
        assert scores.failed("correctness") == {"q1": "target", "q2": "judge"}
        assert scores.without("correctness", "refused") == ["q3"]


def test_scores_that_were_drawn_tell_the_same_by_place(every: dict[str, Scores]) -> None:
    """Each place has an id of its own, as a question may be drawn twice."""
    drawn = DrawnScores(every["journal"].meta, [[ScoredCase(case, outcomes)] for case, _, outcomes in _rows()])
    assert drawn.values("correctness") == {"0": 0.5, "4": 1.0, "5": 0.0}
    assert drawn.failed("correctness") == {"1": "target", "2": "judge"}
    assert drawn.without("correctness", "refused") == ["3"]
    assert [*drawn.answerable().values()] == [*every["journal"].answerable().values()]
    assert drawn.question("1") == every["journal"].question("q1")
    for names in (("correctness",), ("correctness", "gone")):
        assert drawn.scored(names) == every["journal"].scored(names)


def test_repetitions_lead_to_the_question_that_they_repeat(tmp_path: Path) -> None:
    """In a journal and in a baseline of it; the first asking repeats nothing."""
    folder = RunFolder(tmp_path / "20261123-091500-x")
    folder.path.mkdir()
    rows: samples.Rows = [
        (
            Case(id=key, user_input="?", metadata={REPEAT_OF: "a"} if key != "a" else {}),
            Answer(),
            {"m": Score(value=1.0)},
        )
        for key in ("a", "a~2", "a~3")
    ]
    folder.experiment.write_text(configfile.dump(samples.experiment()))
    with samples.journal(folder.journal, rows, ("m",)) as journal:
        kept = gates.keep(folder, results.summary_of(folder), "main", tmp_path / "baselines")
        with kept.open_() as scores:
            assert scores.repeats() == journal.repeats() == {"a~2": "a", "a~3": "a"}


def test_a_target_is_told_of_earlier_replies_only_if_it_wants_to_be() -> None:
    """Which is told by the method that takes them."""

    class Remembering(AnsweringTarget):
        def restore(self, case: Case, reply: Reply) -> None:
            """Take up a reply."""

    assert isinstance(Remembering(), Resumable)
    assert not isinstance(AnsweringTarget(), Resumable)
