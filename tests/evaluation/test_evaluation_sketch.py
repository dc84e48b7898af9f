"""An experiment out of an address and a dataset."""

from pathlib import Path

import pytest
import yaml

from rag_eval import config
from rag_eval.errors import UsageError
from rag_eval.evaluation.sketch import sketch
from rag_eval.targets.http.discovery import ServiceSketch

CONTEXTS = {"response": "a", "retrieved_contexts": "d[].t"}


def answering(select: dict[str, str]) -> ServiceSketch:
    """A service that was found."""
    return ServiceSketch({"q": "{{ user_input }}"}, select, answered=True)


@pytest.mark.parametrize(
    ("rows", "select", "metrics"),
    [
        ("question,ground_truth\nWhen?,At six.\n", CONTEXTS, {"correctness", "faithfulness", "context_recall"}),
        ("question,ground_truth\nWhen?,At six.\n", {"response": "a"}, {"correctness"}),
        ("question\nWhen?\n", CONTEXTS, {"faithfulness"}),
        ("question\nWhen?\n", {"response": "a"}, set()),
    ],
)
def test_what_is_measured_is_what_can_be(rows: str, select: dict[str, str], metrics: set[str], tmp_path: Path) -> None:
    """No metric is named of which nothing would have what it needs."""
    path = tmp_path / "rows.csv"
    path.write_text(rows)
    asked: list[tuple[str, str]] = []

    def ask(url: str, question: str) -> ServiceSketch:
        asked.append((url, question))
        return answering(select)

    made = sketch("first", "http://127.0.0.1/ask", str(path), {}, ask)
    experiment = config.Experiment.model_validate(yaml.safe_load(made.text))
    assert asked == [("http://127.0.0.1/ask", "When?")]
    assert {*experiment.metrics} & {"correctness", "faithfulness", "context_recall"} == metrics
    assert "latency" in experiment.metrics
    assert experiment.target.model_dump()["select"]["response"] == "a"


def test_a_dataset_that_cannot_be_read_is_told_before_anybody_is_asked(tmp_path: Path) -> None:
    """And fields are taken from where they are said to stand, also into the file."""
    path = tmp_path / "rows.csv"
    path.write_text("kysymys,vastaus\nWhen?,At six.\n")

    def never(_: str, __: str) -> ServiceSketch:
        raise AssertionError

    with pytest.raises(UsageError, match="expected a question"):
        sketch("first", "http://127.0.0.1/ask", str(path), {}, never)
    fields = {"user_input": "kysymys"}
    made = sketch("first", "http://127.0.0.1/ask", str(path), fields, lambda _, __: answering(CONTEXTS))
    assert yaml.safe_load(made.text)["dataset"]["fields"] == fields
    assert any("0 of 1 rows have a reference" in remark for remark in made.remarks)
