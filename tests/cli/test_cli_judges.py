"""Who judges, where a command is given no experiment."""

from pathlib import Path

import pytest

from rag_eval.cli import judges
from rag_eval.errors import UsageError
from rag_eval.judges.openai.settings import OpenAIJudgeConfig


def test_nothing_said_is_the_judge_inside() -> None:
    """It asks nobody and costs nothing."""
    assert judges.chosen(None, None, None).kind == "embedded"


def test_a_model_is_asked_where_it_is_said_to_be() -> None:
    """By an API that speaks as OpenAI's does."""
    judge = judges.chosen(None, "gpt-4.1-mini", "http://127.0.0.1:9/v1")
    assert isinstance(judge, OpenAIJudgeConfig)
    assert (judge.model, judge.base_url) == ("gpt-4.1-mini", "http://127.0.0.1:9/v1")


def test_a_file_names_its_judge(tmp_path: Path) -> None:
    """An experiment, or a file with a judge alone."""
    path = tmp_path / "judge.yaml"
    path.write_text("judge: {kind: openai, model: m}\n")
    judge = judges.chosen(path, None, None)
    assert isinstance(judge, OpenAIJudgeConfig)
    assert judge.model == "m"


@pytest.mark.parametrize(
    ("file", "model", "base_url", "says"),
    [
        (Path("judge.yaml"), "m", None, "--judge and --model: say one of them"),
        (None, None, "http://127.0.0.1:9/v1", "--base-url: is the endpoint of --model, which is missing"),
    ],
)
def test_what_does_not_go_together_is_said(
    file: Path | None, model: str | None, base_url: str | None, says: str
) -> None:
    """Before anything is read."""
    with pytest.raises(UsageError, match=says):
        judges.chosen(file, model, base_url)
