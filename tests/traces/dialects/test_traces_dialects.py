"""One conversation in every dialect comes to the same question, answer, contexts and ids."""

from pathlib import Path

import pytest
from support.dialects import (
    ANSWER,
    DIALECTS,
    IDS,
    QUESTION,
    SECOND,
    START,
    TEXTS,
    WITHOUT_IDS,
    blob_export,
    write,
)

from rag_eval import traces


@pytest.mark.parametrize("name", DIALECTS)
def test_the_conversation_is_the_same_in_every_dialect(tmp_path: Path, name: str) -> None:
    """Question, answer, contexts, ids, scores, time and latency do not depend on who wrote the capture."""
    dialect, files = DIALECTS[name]
    (found,) = traces.read(write(tmp_path, files()))
    assert isinstance(found, traces.Exchange), found
    assert found.dialect == dialect
    assert (found.question, found.response, found.contexts) == (QUESTION, ANSWER, TEXTS)
    assert found.context_ids == (None if dialect in WITHOUT_IDS else IDS)
    assert found.context_scores == (None if dialect in WITHOUT_IDS else (0.9, 0.4))
    assert found.latency_s == pytest.approx(2.0)
    assert found.asked_at == pytest.approx(START / SECOND)
    assert found.line == 1 + name.endswith("CSV")


@pytest.mark.parametrize("name", DIALECTS)
def test_a_file_is_known_by_its_content(tmp_path: Path, name: str) -> None:
    """The dialect is told without a hint; plain rows are no traces."""
    dialect, files = DIALECTS[name]
    written = files()
    write(tmp_path, written)
    first = tmp_path / next(iter(written))
    assert traces.sniff(str(first)) == (None if dialect == "jsonl" else dialect)


def test_all_dialects_in_one_folder_stay_apart(tmp_path: Path) -> None:
    """A folder with captures of every kind gives each of them once, and the same ones each time."""
    for number, (_, files) in enumerate(DIALECTS.values()):
        write(tmp_path / f"{number:02}", {name.replace("/", "-"): raw for name, raw in files().items()})
    found = list(traces.read(str(tmp_path)))
    assert found == list(traces.read(str(tmp_path)))
    assert all(isinstance(one, traces.Exchange) and one.question == QUESTION for one in found)
    told = {one.dialect for one in found if isinstance(one, traces.Exchange)}
    assert {"mlflow", "langfuse", "langsmith", "trulens", "jsonl"} <= told


def test_the_session_is_kept(tmp_path: Path) -> None:
    """Whatever a dialect calls its conversation."""
    names = ("collector line", "GenAI structured", "MLflow", "Langfuse page", "LangSmith list", "Phoenix", "plain rows")
    for name in names:
        folder = tmp_path / name
        (found,) = traces.read(write(folder, DIALECTS[name][1]()))
        assert isinstance(found, traces.Exchange)
        assert found.conversation == "s-1", name


def test_scores_and_thumbs_come_from_another_file(tmp_path: Path) -> None:
    """A blob export has its scores apart; they find their trace, and a thumb is an opinion."""
    (found,) = traces.read(write(tmp_path, blob_export()))
    assert isinstance(found, traces.Exchange)
    assert found.scores == {"user-feedback": 1.0}
    assert found.feedback == "good"
