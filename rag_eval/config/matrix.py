"""The `matrix` of an experiment: which settings of its target are varied, and what each variant is called.

A key is the dotted path of a setting, such as `target.body.top_k`, or `target.body.messages.0.content` in a list. A
part with dots of its own stands in quotes, as in TOML: `target.body."top.k"`.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from pydantic import JsonValue

NAME = "name"
"""Key of a listed variant that is no setting."""
MOST = 100
"""Variants of one matrix."""
_PART = re.compile(r'"([^"]+)"|([^."]+)')
_SHOWN = 32
"""Letters of a value that a label shows."""
_LONGEST = 40
"""Letters of a label in the name of a run."""
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._]+")
_FIXED = {
    **dict.fromkeys(("judge", "metrics", "refusals", "dataset"), "scores of one variant and another would not compare"),
    **dict.fromkeys(
        ("primary", "smallest", "min_coverage", "gates", "guardrails", "baselines"), "it changes no answer"
    ),
    "seed": "every variant has the same, so that chance is the same for all",
}
"""Keys of an experiment that a matrix must leave alone, and why."""

Variant = dict[str, JsonValue]
"""Dotted path to value, and perhaps a name."""


def variants(matrix: Any) -> Any:
    """The variants of a matrix: of a mapping of lists all combinations, the last key changing fastest.

    A list of variants stays what it is. Raises `ValueError` for what cannot be one.
    """
    if matrix is None:
        return None
    if isinstance(matrix, Mapping):
        listed = _combined(matrix)
    elif isinstance(matrix, list | tuple):
        listed = [_listed(variant) for variant in matrix]
    else:
        raise ValueError("reads `target.body.top_k: [3, 5, 8]`, or is a list of variants")  # noqa: TRY004  for pydantic
    _demand_several(listed)
    return listed


def _combined(matrix: Mapping[Any, Any]) -> list[Variant]:
    for key, values in matrix.items():
        path(key)
        if not isinstance(values, list | tuple) or not values:
            raise ValueError(f"{key}: takes a list of values, as in `{key}: [a, b]`")
    count = 1
    for values in matrix.values():
        count *= len(values)
    if count > MOST:
        raise ValueError(f"makes {count} variants, at most {MOST} are run; list those that matter: {_EXAMPLE}")
    return [dict(zip(matrix, values, strict=True)) for values in product(*matrix.values())]


_EXAMPLE = "[{name: small, target.body.top_k: 3}, …]"


def _listed(variant: Any) -> Variant:
    if not isinstance(variant, Mapping):
        raise ValueError(f"a listed variant is a mapping, as in {_EXAMPLE}")  # noqa: TRY004  for pydantic
    for key in variant:
        if key != NAME:
            path(key)
    name = variant.get(NAME, "-")
    if not isinstance(name, str) or not name.strip():
        raise ValueError(f"{NAME}: {name!r} is no text")
    return dict(variant)


def _demand_several(listed: Sequence[Variant]) -> None:
    if len(listed) < 2:  # noqa: PLR2004  two are the fewest to choose from
        raise ValueError(f"has {len(listed)} variant{'s' * (not listed)}; it takes two to choose from")
    if len(listed) > MOST:
        raise ValueError(f"has {len(listed)} variants, at most {MOST} are run")
    names = [str(variant[NAME]) for variant in listed if NAME in variant]
    values = [json.dumps(settings(variant), sort_keys=True, default=str) for variant in listed]
    for what, texts in (("variants are called", names), ("variants have the settings", values)):
        if twice := [text for text, count in Counter(texts).items() if count > 1]:
            raise ValueError(f"two {what} {twice[0]}")


def settings(variant: Variant) -> Variant:
    """What a variant sets, without its name."""
    return {key: value for key, value in variant.items() if key != NAME}


def path(key: Any) -> tuple[str, ...]:
    """The parts of a dotted key; raises `ValueError` for one that names nothing a matrix may vary."""
    text = str(key)
    matches = list(_PART.finditer(text))
    parts = tuple(match[1] or match[2] for match in matches)
    if not parts or ".".join(match[0] for match in matches) != text:
        raise ValueError(f'{text}: is no dotted key; a part with dots stands in quotes: target.body."top.k"')
    if parts[0] != "target":
        reason = _FIXED.get(parts[0], "a matrix varies the system under test, and nothing else")
        raise ValueError(f"{text}: its keys begin with `target.`, and may not vary {parts[0]}: {reason}")
    if parts == ("target", "kind"):
        raise ValueError(f"{text}: another kind has other settings; give all of them, as in `target: [{{kind: …}}, …]`")
    return parts


def placed(value: Any, parts: Sequence[str], setting: JsonValue) -> Any:
    """A value with one setting in it replaced; what is not on the way to it stays as it is.

    Raises `ValueError` where the way leads into what holds nothing, such as a number.
    """
    if not parts:
        return setting
    head, *rest = parts
    if value is None:
        value = {}
    if isinstance(value, dict):
        return {**value, head: placed(value.get(head), rest, setting)}
    if isinstance(value, list) and head.isdecimal() and int(head) < len(value):
        return [placed(item, rest, setting) if place == int(head) else item for place, item in enumerate(value)]
    what = f"a list of {len(value)}" if isinstance(value, list) else repr(value)[:40]
    raise ValueError(f"there is no {head!r} in {what}")


def labels(listed: Sequence[Variant]) -> list[str]:
    """What people call each variant: its name, else its settings, such as `top_k=3, rerank=true`; no two are alike."""
    short = _shortened({key for variant in listed for key in settings(variant)})
    return _unlike([str(variant.get(NAME) or _described(settings(variant), short)) for variant in listed], " ")


def _described(set_: Variant, short: Mapping[str, str]) -> str:
    return ", ".join(f"{short[key]}={_value(value)}" for key, value in set_.items()) or "as it is"


def _shortened(keys: set[str]) -> dict[str, str]:
    """Each key by as few of its last parts as tell it from the others."""
    parts = {key: path(key) for key in keys}
    longest = max(map(len, parts.values()), default=1)
    short: dict[str, str] = {}
    for length in range(1, longest + 1):
        ends = {key: ".".join(way[-length:]) for key, way in parts.items() if key not in short}
        counts = Counter([*ends.values(), *short.values()])
        short |= {key: end for key, end in ends.items() if counts[end] == 1 or length == longest}
    return short


def _value(value: JsonValue) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.removeprefix("https://").removeprefix("http://").split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _unlike(texts: Sequence[str], gap: str) -> list[str]:
    """The texts, with a number behind those that have stood before."""
    unlike: list[str] = []
    for text in texts:
        numbered = (f"{text}{gap}{number}" for number in range(2, len(texts) + 2))
        unlike.append(text if text not in unlike else next(each for each in numbered if each not in unlike))
    return unlike


def run_names(name: str, of: Sequence[str]) -> list[str]:
    """What the run of each variant is called: letters, digits, dots and dashes, no two alike, by its label."""
    return _unlike([f"{name[:50]}-{_slug(label)}" for label in of], "-")


def _slug(label: str) -> str:
    plain = _NOT_IN_NAMES.sub("-", label).strip("-._") or "variant"
    if len(plain) <= _LONGEST:
        return plain
    return f"{plain[: _LONGEST - 7].rstrip('-._')}-{hashlib.sha256(label.encode()).hexdigest()[:6]}"
