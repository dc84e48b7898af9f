"""RAGAs' own prompt classes, imported without its telemetry and its import-time warnings."""

import importlib
import os
import types
import warnings
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel


@dataclass(frozen=True)
class Asked:
    """A prompt as RAGAs writes it, and the model it wants back."""

    prompt: str
    shape: type[BaseModel]


@cache
def _util(metric: str) -> types.ModuleType:
    os.environ["RAGAS_DO_NOT_TRACK"] = "true"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(f"ragas.metrics.collections.{metric}.util")


def ask(metric: str, prompt: str, shape: str, given: str = "", **fields: Any) -> Asked:
    """The prompt of a metric for one input; `given` names its input model where the prompt class does not."""
    util = _util(metric)
    writer = getattr(util, prompt)()
    model = getattr(util, given) if given else writer.input_model
    return Asked(prompt=writer.to_string(model(**fields)), shape=getattr(util, shape))


def statements_of(question: str, answer: str) -> Asked:
    """Faithfulness' first call."""
    return ask(
        "faithfulness",
        "StatementGeneratorPrompt",
        "StatementGeneratorOutput",
        question=question,
        answer=answer,
    )


def verdicts_on(context: str, statements: list[str]) -> Asked:
    """Faithfulness' second call."""
    return ask("faithfulness", "NLIStatementPrompt", "NLIStatementOutput", context=context, statements=statements)


def recall_of(question: str, context: str, answer: str) -> Asked:
    """Context recall's call."""
    return ask(
        "context_recall",
        "ContextRecallPrompt",
        "ContextRecallOutput",
        question=question,
        context=context,
        answer=answer,
    )
