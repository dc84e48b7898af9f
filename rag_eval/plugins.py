"""Parts by name: those that come with the package, those that other packages offer, and anybody's by its path.

A `Catalogue` knows the parts of one kind, such as metrics, by name, without importing any of them: a part of the
package stands in its table as `"module:attribute"`; a part of somebody else's package is an entry point of the
catalogue's group, and is looked for only where a name is not in the table, or where all names are asked for. Whatever
is in no catalogue is written out in an experiment as `package.module:name`.
"""

import difflib
import functools
import importlib
import inspect
import re
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rag_eval.errors import ConfigError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

_NUMBER = re.compile(r"@[1-9]\d*$")
_ANY_NUMBER = "@k"


@dataclass(frozen=True)
class Catalogue:
    """The parts of one kind by name; `name in catalogue` and `load(name)` are what it is for."""

    kind: str
    """What one of them is called in a message, such as `metric`."""
    group: str
    """Group of entry points under which other packages offer theirs, such as `rag_eval.metrics`."""
    builtin: Mapping[str, str]
    """Name to `module:attribute`, or to a module that is the part, in the order in which they are listed.

    A name that ends in `@k` stands for every number in its place: `hit@k` for `hit@5`.
    """

    def __contains__(self, name: object) -> bool:
        """Whether there is a part of this name; nothing is imported."""
        return isinstance(name, str) and self._entry(name) is not None

    def names(self) -> list[str]:
        """All names: the package's own in their order, then those that other packages offer, by the alphabet."""
        return [*self.builtin, *sorted({*_offers(self.group)} - {*self.builtin})]

    def load(self, name: str) -> Any:
        """Import and return a part; raises `ConfigError` where there is none, or several, or it cannot be imported.

        What is entered under `@k` is a function that makes the part from a name with its number.
        """
        entry = self._entry(name)
        if entry is None:
            raise ConfigError(self.unknown(name))
        part = _load_builtin(self.builtin[entry]) if entry in self.builtin else self._load_offer(entry)
        return part(name) if entry.endswith(_ANY_NUMBER) else part

    def _load_offer(self, entry: str) -> Any:
        offer, *others = _offers(self.group)[entry]
        if others:
            packages = ", ".join(sorted(_package(point) for point in (offer, *others)))
            raise ConfigError(
                f"a {self.kind} called {entry!r} is offered by {packages}: name one by package.module:name instead"
            )
        try:
            return offer.load()
        except (ImportError, AttributeError) as error:
            raise ConfigError(
                f"the {self.kind} {entry!r} of {_package(offer)} cannot be imported: {error} ({offer.value})"
            ) from error

    def unknown(self, name: str) -> str:
        """The message that no part is called so, with the name that is nearest to it and all there are."""
        known = self.names()
        nearest = difflib.get_close_matches(_general(name), known, n=1)
        hint = f" Did you mean {nearest[0]}?" if nearest else ""
        note = " (k is a number)" if any(entry.endswith(_ANY_NUMBER) for entry in known) else ""
        return f"no {self.kind} is called {name!r}.{hint} There are: {', '.join(known)}{note}"

    def _entry(self, name: str) -> str | None:
        """The name under which a part is entered, None if it is not."""
        entry = _general(name)
        if name.endswith(_ANY_NUMBER):
            return None
        return entry if entry in self.builtin or entry in _offers(self.group) else None


def _load_builtin(path: str) -> Any:
    """A part of the package: `module:attribute`, or a whole module."""
    return load_object(path) if ":" in path else importlib.import_module(path)


def _general(name: str) -> str:
    return _NUMBER.sub(_ANY_NUMBER, name)


def _offers(group: str) -> "Mapping[str, Sequence[EntryPoint]]":
    """Name to the entry points of a group that are called so."""
    return _scan(group, tuple(sys.path))


@functools.cache
def _scan(group: str, path: tuple[str, ...]) -> "Mapping[str, Sequence[EntryPoint]]":
    """The entry points of a group on a path, each once however often its package stands there."""
    offers: dict[str, list[EntryPoint]] = defaultdict(list)
    for point in _everything(path).select(group=group):
        if all((point.value, _package(point)) != (other.value, _package(other)) for other in offers[point.name]):
            offers[point.name].append(point)
    return dict(offers)


@functools.cache  # the folder of every installed package is read
def _everything(_: tuple[str, ...]) -> Any:
    """All entry points on a path, of whatever group."""
    from importlib import metadata  # takes a tenth of the time that --help may

    return metadata.entry_points()


def _package(point: "EntryPoint") -> str:
    return point.dist.name if point.dist else point.module


def load_object(use: str) -> Any:
    """What `package.module:name` names; raises `ConfigError` if there is no such thing."""
    module, _, name = use.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:  # a command's own folder is there in its place; last, so that it hides nothing
        sys.path.append(here)
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        message = f"use: {use}: cannot be imported: {error}. It reads package.module:name"
        raise ConfigError(f"{message}, of what is installed or stands in {here}") from error


def build(use: str, options: Mapping[str, Any]) -> Any:
    """Call what `package.module:name` names with options by name; raises `ConfigError` if that cannot be done."""
    return call(load_object(use), use, options)


def check(use: str, options: Mapping[str, Any]) -> None:
    """See that there is what `package.module:name` names, and that it takes options; raises `ConfigError`."""
    _demand_takes(load_object(use), use, options)


def call(maker: Any, use: str, options: Mapping[str, Any]) -> Any:
    """Call what somebody's `use` names with options by name; raises `ConfigError` if it does not take them."""
    _demand_takes(maker, use, options)
    return maker(**options)


def _demand_takes(maker: Any, use: str, options: Mapping[str, Any]) -> None:
    try:
        inspect.signature(maker).bind(**options)
    except TypeError as error:
        raise ConfigError(
            f"use: {use}: cannot be called with options {', '.join(options) or 'none'}: {error}"
        ) from error
    except ValueError:
        pass  # some builtins do not tell what they take


METRICS: Final = Catalogue(
    "metric",
    "rag_eval.metrics",
    {
        "correctness": "rag_eval.metrics.correctness:CORRECTNESS",
        "faithfulness": "rag_eval.metrics.ragas.specs:FAITHFULNESS",
        "faithfulness_min": "rag_eval.metrics.derived:FAITHFULNESS_MIN",
        "context_recall": "rag_eval.metrics.ragas.specs:CONTEXT_RECALL",
        "factual_correctness": "rag_eval.metrics.ragas.specs:FACTUAL_CORRECTNESS",
        "answer_correctness": "rag_eval.metrics.ragas.specs:ANSWER_CORRECTNESS",
        "answer_relevancy": "rag_eval.metrics.ragas.specs:ANSWER_RELEVANCY",
        "context_precision": "rag_eval.metrics.ragas.specs:CONTEXT_PRECISION",
        "semantic_similarity": "rag_eval.metrics.ragas.specs:SEMANTIC_SIMILARITY",
        "hit@k": "rag_eval.metrics.retrieval:hit_at",
        "recall@k": "rag_eval.metrics.retrieval:recall_at",
        "precision@k": "rag_eval.metrics.retrieval:precision_at",
        "mrr": "rag_eval.metrics.retrieval:MRR",
        "ndcg@k": "rag_eval.metrics.retrieval:ndcg_at",
        "abstention": "rag_eval.metrics.derived:ABSTENTION",
        "answered": "rag_eval.metrics.derived:IS_ANSWERED",
        "latency": "rag_eval.metrics.latency:LATENCY",
        "time_to_first_token": "rag_eval.metrics.latency:TIME_TO_FIRST_TOKEN",
        "overall": "rag_eval.metrics.derived:OVERALL",
    },
)
"""What an experiment's list of metrics may hold: a `MetricSpec` each, for `@k` a function from a name to one."""

TARGETS: Final = Catalogue(
    "kind of target",
    "rag_eval.targets",
    {
        "http": "rag_eval.targets.http.kind",
        "replay": "rag_eval.targets.replay.kind",
        "custom": "rag_eval.targets.custom",
    },
)
"""What `target.kind` may be: a module each; see `targets.connecting.TargetKind`."""

AUTHS: Final = Catalogue(
    "kind of credentials",
    "rag_eval.auths",
    {
        "none": "rag_eval.targets.http.auth.none",
        "bearer": "rag_eval.targets.http.auth.bearer",
        "api_key": "rag_eval.targets.http.auth.api_key",
        "basic": "rag_eval.targets.http.auth.basic",
        "login": "rag_eval.targets.http.auth.login",
        "oauth2": "rag_eval.targets.http.auth.oauth2",
    },
)
"""What `target.auth.kind` may be: a module each, with `Config` and `credentials`."""

JUDGES: Final = Catalogue(
    "kind of judge",
    "rag_eval.judges",
    {
        "embedded": "rag_eval.judges.kinds.embedded",
        "openai": "rag_eval.judges.kinds.openai",
        "custom": "rag_eval.judges.kinds.custom",
    },
)
"""What `judge.kind` may be: a module each, with `Config`."""

DIALECTS: Final = Catalogue(
    "trace dialect",
    "rag_eval.readers",
    {
        "trulens": "rag_eval.traces.dialects.trulens:DIALECT",
        "mlflow": "rag_eval.traces.dialects.mlflow:DIALECT",
        "langfuse": "rag_eval.traces.dialects.langfuse:DIALECT",
        "langsmith": "rag_eval.traces.dialects.langsmith:DIALECT",
        "opik": "rag_eval.traces.dialects.opik:DIALECT",
        "datadog": "rag_eval.traces.dialects.datadog:DIALECT",
        "haystack": "rag_eval.traces.dialects.haystack:DIALECT",
        "vercel": "rag_eval.traces.dialects.vercel:DIALECT",
        "spring-ai": "rag_eval.traces.dialects.spring:DIALECT",
        "google-adk": "rag_eval.traces.dialects.adk:DIALECT",
        "openinference": "rag_eval.traces.dialects.openinference:DIALECT",
        "openllmetry": "rag_eval.traces.dialects.openllmetry:DIALECT",
        "otel-genai": "rag_eval.traces.dialects.genai:DIALECT",
        "otlp": "rag_eval.traces.dialects.otlp:DIALECT",
        "jsonl": "rag_eval.traces.dialects.rows:DIALECT",
    },
)
"""Dialects of traces, a `traces.dialect.Dialect` each, the special first: what several recognise, the first reads."""

ROW_FORMATS: Final = Catalogue(
    "row format",
    "rag_eval.row_formats",
    {
        "csv": "rag_eval.dataset.sources.csv:FORMAT",
        "jsonl": "rag_eval.dataset.sources.jsonl:FORMAT",
        "json": "rag_eval.dataset.sources.jsonl:ARRAY_FORMAT",
        "parquet": "rag_eval.dataset.sources.parquet:FORMAT",
        "yaml": "rag_eval.dataset.sources.yaml:FORMAT",
        "workbook": "rag_eval.dataset.sources.workbook:FORMAT",
        "packed": "rag_eval.dataset.sources.packed:FORMAT",
        "questions": "rag_eval.dataset.sources.questions:FORMAT",
    },
)
"""Formats of rows, a `dataset.sources.row_format.RowFormat` each."""

CHECKS: Final = Catalogue(
    "check",
    "rag_eval.checks",
    {
        "contradiction": "rag_eval.dataset.checks.duplicates:CONTRADICTION",
        "leak": "rag_eval.dataset.checks.wording:LEAK",
        "unsupported": "rag_eval.dataset.checks.support:UNSUPPORTED",
        "answerable": "rag_eval.dataset.checks.support:ANSWERABLE",
        "unresolved-id": "rag_eval.dataset.checks.corpus:UNRESOLVED_ID",
        "drift": "rag_eval.dataset.checks.corpus:DRIFT",
        "span": "rag_eval.dataset.checks.corpus:SPAN",
        "unfinished": "rag_eval.dataset.checks.wording:UNFINISHED",
        "refusal": "rag_eval.dataset.checks.wording:REFUSAL",
        "not-judged": "rag_eval.dataset.checks.support:NOT_JUDGED",
        "duplicate": "rag_eval.dataset.checks.duplicates:DUPLICATE",
        "paraphrase": "rag_eval.dataset.checks.duplicates:PARAPHRASE",
        "lexical": "rag_eval.dataset.checks.wording:LEXICAL",
        "partly-supported": "rag_eval.dataset.checks.support:PARTLY_SUPPORTED",
        "garbled": "rag_eval.dataset.checks.wording:GARBLED",
        "no-reference": "rag_eval.dataset.checks.wording:NO_REFERENCE",
        "imbalance": "rag_eval.dataset.checks.coverage:IMBALANCE",
        "too-few": "rag_eval.dataset.checks.coverage:TOO_FEW",
        "saturated": "rag_eval.dataset.checks.item_analysis:SATURATED",
        "constant": "rag_eval.dataset.checks.item_analysis:CONSTANT",
        "unstable": "rag_eval.dataset.checks.item_analysis:UNSTABLE",
        "draft": "rag_eval.dataset.checks.coverage:DRAFT",
    },
)
"""What `dataset check` looks for, a `dataset.checks.check.Check` each; findings of one severity stand in this order."""
