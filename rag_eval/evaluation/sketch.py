"""An experiment that runs as it is, out of a service's address and a dataset."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from rag_eval import config
from rag_eval.evaluation import survey, validation
from rag_eval.targets.http.discovery import ServiceSketch, discover

_METRICS = (
    "correctness", "faithfulness", "context_recall", "factual_correctness", "answer_correctness", "hit@5", "recall@5",
    "latency",
)  # fmt: skip
"""What is measured of these is what the dataset and the service have the texts for."""
_HEAD = """\
# An experiment: questions, a system, a judge, metrics.  rag-eval validate checks it; docs/guide.md has every key.
"""
_JUDGE = """\
# The embedded judge needs no key and no network; it compares words, not meaning. A language model instead:
# judge: {kind: openai, model: …, api_key_env: NAME_OF_THE_VARIABLE, base_url: …}
"""
_LONGEST_LINE = 110


@dataclass(frozen=True)
class ExperimentSketch:
    """The text of an experiment file, and what a person should look at in it."""

    text: str
    remarks: tuple[str, ...]
    answered: bool
    """Whether the service has answered in the way that the file asks it."""


def sketch(
    name: str,
    url: str,
    path: str,
    fields: Mapping[str, str],
    ask: Callable[[str, str], ServiceSketch] = discover,
) -> ExperimentSketch:
    """Read a dataset, ask a service its first question, and write down what runs.

    Raises `BadRows` and `ConfigError` for a dataset that cannot be read, before the service is asked.
    """
    dataset: dict[str, Any] = {"path": path, **({"fields": dict(fields)} if fields else {})}
    target: dict[str, Any] = {"kind": "http", "url": url}
    draft = _experiment(name, dataset, target, _METRICS)
    rows = survey.preflight(draft, None).rows
    first = next(survey.cases(draft, 1))
    service = ask(config.expand(url, where="target.url"), first.user_input)
    target |= {"body": service.body, "select": service.select}
    if service.stream:
        target["stream"] = service.stream
    applies = validation.validate(_experiment(name, dataset, target, _METRICS)).applies
    metrics = [metric for metric in _METRICS if applies.get(metric)]
    sections = [
        _HEAD + _yaml({"name": name}),
        _yaml({"dataset": dataset}),
        _yaml({"target": target}),
        _JUDGE + _yaml({"judge": {"kind": "embedded"}}),
        _yaml({"metrics": metrics}),
    ]
    return ExperimentSketch("\n".join(sections), (*rows, *service.remarks), service.answered)


def _experiment(name: str, dataset: Any, target: Any, metrics: Any) -> config.Experiment:
    return config.Experiment.model_validate({"name": name, "dataset": dataset, "target": target, "metrics": metrics})


def _yaml(section: Mapping[str, Any]) -> str:
    return str(yaml.safe_dump(section, sort_keys=False, allow_unicode=True, width=_LONGEST_LINE))
