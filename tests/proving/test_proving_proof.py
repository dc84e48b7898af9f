"""A gate proves itself: what experiments' gates notice of damage that is known."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.answering import answering
from support.replays import experiment
from support.runs import rows

from rag_eval import config, gates, pipeline
from rag_eval.errors import MismatchError, UnreachableError, UsageError
from rag_eval.gates.damage import DAMAGES
from rag_eval.proving import proof as proof_module
from rag_eval.proving import scoring
from rag_eval.proving.proof import Proof, ProofOptions, prove
from rag_eval.runs import RunFolder

pytestmark = pytest.mark.slow

_GATE = "recall@5.drop_vs(main) <= 0.02"
_QUICK = {"trials": 15, "slices": False}


@pytest.fixture(scope="module", autouse=True)
def _few_kinds() -> Iterator[None]:
    """Three kinds of damage tell as much of how a proof is put together as all of them."""
    few = tuple(damage for damage in DAMAGES if damage.name in {"swap", "drop_gold", "silence"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(proof_module, "DAMAGES", few)
        patch.setattr(scoring, "DAMAGES", few)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of sixteen questions that were answered right, measured without a judge."""
    folder = tmp_path_factory.mktemp("proof")
    pipeline.run(_own(folder))
    return folder


def _own(folder: Path, **settings: Any) -> config.Experiment:
    return experiment(folder, *rows(16), **{"target": answering(), "metrics": ["recall@5", "latency"], **settings})


def _run(folder: Path) -> RunFolder:
    (path,) = (folder / "runs").glob("*-x")
    return RunFolder(path)


def _prove(folder: Path, *texts: str, said: list[str] | None = None, **options: Any) -> Proof:
    told: list[str] = [] if said is None else said
    how = ProofOptions(**{**_QUICK, "more": tuple(gates.parse(text) for text in texts), **options})
    return prove(_own(folder), _run(folder), how, told.append)


@pytest.fixture(scope="module")
def whole(folder: Path) -> Proof:
    """The proof of the gate on all of the run's questions."""
    return _prove(folder, _GATE)


def test_a_gate_on_what_is_retrieved_notices_passages_that_are_gone(folder: Path) -> None:
    """And nothing that happens to the text alone; where nothing is spoilt it blocks nothing."""
    said: list[str] = []
    proof = _prove(folder, _GATE, said=said, questions=100)
    caught = {kind.name: kind.smallest for kind in proof.kinds if kind.smallest is not None}
    assert "drop_gold" in caught
    assert "swap" not in caught
    assert proof.unspoilt.blocked == 0
    assert (proof.gates, proof.left_out, proof.asked, proof.questions) == ((_GATE,), {}, 16, 100)
    assert (proof.failed, proof.calls) == (0, 0)
    assert said[0].endswith("scores by 1 metrics")
    assert said[1] == "drawing up to 15 trials of 100 questions for each kind and share"


def test_without_gates_neither_the_primary_metric_nor_answers_may_be_lost(folder: Path) -> None:
    """Those are the gates that are proved then."""
    assert _prove(folder).gates == (
        "recall@5.drop_vs(main) <= smallest", "answered.drop_vs(main) <= smallest",
    )  # fmt: skip


def test_a_gate_that_can_notice_nothing_is_left_out_with_why(folder: Path) -> None:
    """One that the run fails as it is would block all, and one on a single case sees only that."""
    proof = _prove(folder, _GATE, "latency.p95 <= 0.1s", "required: id:case-3")
    assert proof.gates == (_GATE,)
    assert proof.left_out == {
        "required: id:case-3": "it names one case", "latency.p95 <= 0.1s": "the run fails it as it is",
    }  # fmt: skip


def test_where_no_gate_is_left_there_is_nothing_to_prove(folder: Path) -> None:
    """The message has each with why."""
    with pytest.raises(UsageError) as caught:
        _prove(folder, "required: id:case-3")
    assert str(caught.value).endswith(
        "no gate is left that could notice damage: required: id:case-3: it names one case"
    )


def test_the_same_again_is_the_same(folder: Path, whole: Proof) -> None:
    """And scores nothing anew; a sample that is larger than the run is the run."""
    said: list[str] = []
    assert _prove(folder, _GATE, said=said, sample=99) == whole
    assert said[0].startswith("0 spoilt answers are scored, 0 scores by 1 metrics")


def test_a_sample_of_the_questions_is_enough(folder: Path) -> None:
    """No more than it can be spoilt, and a trial has as many."""
    proof = _prove(folder, _GATE, sample=5)
    assert (proof.asked, proof.questions) == (5, 5)
    assert all(kind.possible <= 5 for kind in proof.kinds)


def test_a_trial_may_have_more_questions_than_the_run(folder: Path, whole: Proof) -> None:
    """They are drawn with replacement."""
    more = _prove(folder, _GATE, questions=60)
    assert (whole.asked, whole.questions, more.asked, more.questions) == (16, 16, 16, 60)


def test_slices_are_tried_only_where_somebody_wants_them(folder: Path, whole: Proof) -> None:
    """Each tag of the dataset then, with the largest share that could be tried."""
    with_them = _prove(folder, _GATE, slices=True)
    assert all(kind.slices == kind.tried == {} for kind in whole.kinds)
    assert [kind.possible for kind in with_them.kinds] == [16, 16, 16]
    assert all(kind.slices.keys() == kind.tried.keys() == {"even", "odd"} for kind in with_them.kinds)
    assert {share for kind in with_them.kinds for share in kind.tried.values()} == {1.0}


def test_an_unfinished_run_proves_nothing(tmp_path: Path) -> None:
    """The message has the command that finishes it."""
    with pytest.raises(UnreachableError):
        pipeline.run(_own(tmp_path, target=answering(case_3="away")))
    with pytest.raises(MismatchError) as caught:
        _prove(tmp_path, _GATE)
    run = _run(tmp_path)
    assert str(caught.value).startswith(f"{run.id} is unfinished (")
    assert str(caught.value).endswith(f" and proves nothing. Do: rag-eval run --resume {run.path}")
