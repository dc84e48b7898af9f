"""A run beside the baselines that gates hold it to."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest
from support import samples
from support.history import Past, make

from rag_eval import configfile, gates
from rag_eval.errors import ConfigError, MismatchError
from rag_eval.evaluation import beside, results
from rag_eval.runs import RunFolder

_STRONG, _WEAK = "20261123-091500-strong", "20261122-091500-weak"
_DROP = "correctness.drop_vs(main) <= 0.05"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two whole runs and one of the first questions, and the stronger one as a baseline; nothing is changed in them."""
    root = tmp_path_factory.mktemp("beside")
    past = [Past(_WEAK, right=8), Past(_STRONG), Past("20261124-091500-few", asked=5, limit=5)]
    _, strong, _ = make(root / "runs", past)
    gates.keep(strong, results.summary_of(strong), "main", root / "baselines")
    return root


def _opened(
    root: Path, *texts: str, run: str = _WEAK, stand_ins: Mapping[str, RunFolder] | None = None, force: bool = False
) -> gates.Trial:
    folder = RunFolder(root / "runs" / run)
    demanded = [gates.parse(text) for text in texts]
    with (
        folder.open_() as scores,
        beside.opened(
            (results.summary_of(folder), scores),
            demanded,
            configfile.load(folder.experiment),
            stand_ins or {},
            root / "baselines",
            force=force,
        ) as trial,
    ):
        return trial


def test_baselines_are_found_by_the_names_that_gates_have(root: Path) -> None:
    """Each once, with its id; where no gate names one none is opened."""
    trial = _opened(root, _DROP, "correctness.drop_vs(main) <= smallest")
    assert {name: kept[0] for name, kept in trial.baselines.items()} == {"main": _STRONG}
    assert _opened(root, "correctness.mean >= 0.5").baselines == {}


def test_a_run_may_stand_for_a_baseline_that_is_not_there(root: Path) -> None:
    """And then stands in its place; that it is another is remembered where it is called otherwise."""
    weak = RunFolder(root / "runs" / _WEAK)
    trial = _opened(root, "correctness.drop_vs(weak) <= 0", _DROP, stand_ins={"weak": weak, "main": weak})
    assert {name: kept[0] for name, kept in trial.baselines.items()} == {"weak": _WEAK, "main": _WEAK}
    assert trial.replaced == {"main"}


@pytest.mark.parametrize(
    ("id_", "name", "replaced"),
    [
        ("20261122-091500-demo-base", "base", False),
        ("20261122-091500-demo-base~2", "base", False),
        ("20261122-091500-demo-base", "main", True),
        ("20261122-091500-database", "base", True),
    ],
)
def test_a_run_called_for_a_baseline_takes_nobodys_place(
    tmp_path: Path, id_: str, name: str, *, replaced: bool
) -> None:
    """By the end of its experiment's name, and by a whole word of it."""
    run, own = make(tmp_path / "runs", [Past(id_), Past("20261123-091500-own")])
    with own.open_() as scores:
        summary = results.summary_of(own)
        demanded = [gates.parse(f"correctness.drop_vs({name}) <= 0.05")]
        experiment = configfile.load(own.experiment)
        with beside.opened((summary, scores), demanded, experiment, {name: run}, tmp_path) as trial:
            assert (name in trial.replaced) == replaced


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("faithfulness.mean >= 0.5", "faithfulness"),
        ("correctness[none].mean >= 0.5", "none"),
        ("required: id:case-99", "case-99"),
    ],
)
def test_what_a_run_does_not_have_is_refused(root: Path, text: str, message: str) -> None:
    """A gate about nothing would be decided by nothing."""
    with pytest.raises(ConfigError, match=message):
        _opened(root, text)


def test_of_a_part_of_a_dataset_tags_and_cases_are_not_known(root: Path) -> None:
    """A tag may be in the rest: the gate is not refused as a mistake, and fails where it means no case."""
    trial = _opened(root, "required: id:case-19", run="20261124-091500-few")
    assert trial.baselines == {}


def test_a_baseline_that_was_measured_otherwise_is_refused_unless_forced(root: Path, tmp_path: Path) -> None:
    """The message says in what they differ."""
    (other,) = make(
        tmp_path / "runs",
        [
            Past(
                _STRONG,
                meta={"origin": samples.origin(dataset="0" * 64, metrics={"correctness": "1"}).model_dump_json()},
            )
        ],
    )
    with pytest.raises(MismatchError, match="datasets differ"):
        _opened(root, _DROP, stand_ins={"main": other})
    assert _opened(root, _DROP, stand_ins={"main": other}, force=True).baselines.keys() == {"main"}


def test_everything_is_closed_again(root: Path) -> None:
    """Nobody reads a run on that is not held to anything any more."""
    strong = RunFolder(root / "runs" / _STRONG)
    _, scores = _opened(root, _DROP, stand_ins={"main": strong}).baselines["main"]
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        scores.values("correctness")
