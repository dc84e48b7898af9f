"""Where a run can be seen in MLflow, said in one line."""

from pathlib import Path

import pytest

from rag_eval.cli import links
from rag_eval.tracking import pages
from rag_eval.tracking.store import TrackedRun

_LINK = "http://127.0.0.1:5000/#/experiments/1/runs/r"


def _told(page: pages.Page | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.setattr(pages, "find", lambda *_: page)
    links.tell(Path("a"))
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("page", "line"),
    [
        (None, ""),
        (pages.Page(_LINK, listens=True), f"mlflow   {_LINK}\n"),
        (pages.Page(_LINK, listens=False, command="rag-eval ui a"), "mlflow   open it with: rag-eval ui a\n"),
        (pages.Page(_LINK, listens=False), f"mlflow   {_LINK} (nothing answers there now)\n"),
    ],
)
def test_a_link_is_given_only_where_something_shows_it(
    page: pages.Page | None, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else what opens it, else that nothing answers; of a run that MLflow does not have nothing is said."""
    assert _told(page, monkeypatch, capsys) == line


def test_the_folders_that_are_named_are_those_that_are_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A and B in this order: side by side the first is the one that the second is compared with."""
    asked: list[tuple[Path, ...]] = []
    monkeypatch.setattr(pages, "find", lambda *folders: asked.append(folders))
    links.tell(Path("a"), Path("b"))
    assert links.url(Path("b")) is None
    assert asked == [(Path("a"), Path("b")), (Path("b"),)]


def test_programs_get_the_link_whether_or_not_something_answers(tmp_path: Path) -> None:
    """They may open it later; of a run that is nowhere there is none."""
    assert links.url(tmp_path) is None
    TrackedRun(tracking_uri="http://127.0.0.1:9", experiment_id="1", run_id="r", tab="").keep(tmp_path)
    assert links.url(tmp_path) == "http://127.0.0.1:9/#/experiments/1/runs/r"
