"""Who judges, where a command is given no experiment: a file that names a judge, a model, or the judge inside."""

from pathlib import Path
from typing import TYPE_CHECKING

from rag_eval.errors import UsageError
from rag_eval.judges.kinds.embedded import EmbeddedJudgeConfig
from rag_eval.judges.openai.settings import OpenAIJudgeConfig

if TYPE_CHECKING:
    from rag_eval import config


def chosen(file: Path | None, model: str | None, base_url: str | None) -> "config.JudgeConfig":
    """The judge that `--judge`, or `--model` and `--base-url`, name; raises `UsageError` or `ConfigError`."""
    from rag_eval import configfile

    if file is not None and model is not None:
        raise UsageError("--judge and --model: say one of them")
    if base_url is not None and model is None:
        raise UsageError("--base-url: is the endpoint of --model, which is missing")
    if file is not None:
        return configfile.load_judge(file)
    return OpenAIJudgeConfig(kind="openai", model=model, base_url=base_url) if model else EmbeddedJudgeConfig()
