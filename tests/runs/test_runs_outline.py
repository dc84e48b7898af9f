"""A run at a glance, without adding it up."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from support import history, samples
from support.history import Past

from rag_eval import runs
from rag_eval.records import RunMeta, SequentialDesign

_NOW = datetime(2026, 11, 23, 9, 15, 0, tzinfo=UTC)


def test_when_a_run_began_is_known_however_it_ended(root: Path) -> None:
    """Of a run that was killed, too; before journals kept it, its name tells it."""
    folder, journal = runs.create(samples.experiment(runs=str(root)), RunMeta(name="strong"), _NOW)
    with journal:
        assert runs.outline_of(folder).began == _NOW.timestamp()
    [cut] = history.make(root, [Past("20261124-091500-strong", asked=3)])
    with cut.write() as journal:
        journal._db.execute("DELETE FROM meta WHERE key = 'began'")
        journal._db.execute("DELETE FROM sessions")
    assert runs.outline_of(cut).began == (_NOW + timedelta(days=1)).timestamp()


def test_a_stopped_run_has_ended(root: Path) -> None:
    """Where its gates were decided early, nothing is left to ask."""
    design = SequentialDesign(seed=0, metrics=("correctness",), after=7).model_dump_json()
    [folder] = history.make(root, [Past("20261123-091500-a", asked=7, meta={"sequential": design})])
    outline = runs.outline_of(folder)
    assert (outline.state, outline.ended, outline.full, outline.progress) == ("stopped", True, True, "7 of 20")
