"""Which settings of an experiment bear on a failure, with what they are."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from rag_eval import config
from rag_eval.records import FailureGroup, Reason, Record

_LONGEST = 100


def with_remedies(groups: Iterable[FailureGroup], experiment: config.Experiment) -> tuple[FailureGroup, ...]:
    """The failures of a run, each with the settings that bear on it."""
    return tuple(group.model_copy(update={"remedy": _remedy(group, experiment)}) for group in groups)


def _remedy(group: FailureGroup, experiment: config.Experiment) -> str:
    """`target.auth.key_env is ORBIT_KEY`; nothing for a reason that no setting bears on."""
    part: Record = experiment.target if group.stage == "target" else experiment.judge
    settings = next((reason.settings for reason in Reason if reason == group.reason), ())
    stage = "target" if group.stage == "target" else "judge"
    return ", ".join(text for path in settings for text in _settings(part, stage, path.removeprefix(f"{stage}.")))


def _settings(part: Record, where: str, path: str) -> Iterator[str]:
    """One setting as it is, or those of its parts that name where a secret is; nothing where a kind has no such."""
    name, _, rest = path.partition(".")
    if name not in type(part).model_fields:
        return
    value = getattr(part, name)
    if rest:
        yield from _settings(value, f"{where}.{name}", rest) if isinstance(value, Record) else ()
    elif isinstance(value, Record):
        secrets = {f"{where}.{name}.{key}": text for key, text in value if key.endswith("_env") and text}
        yield from (f"{setting} is {text}" for setting, text in secrets.items())
        if not secrets:
            yield f"{where}.{name}.kind is {getattr(value, 'kind', 'none')}"
    else:
        yield f"{where}.{name} is {'not set' if value is None else _shown(value)}"


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
