"""The card of a dataset folder: what the hub's viewer reads at its head, and what a person wants to know beneath."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final

import yaml
from pydantic import JsonValue

from rag_eval.dataset import manifest
from rag_eval.language.sentences import shorten
from rag_eval.language.tongue import language
from rag_eval.records import Case

_SIZES: Final = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
"""Rows below which the hub's category of size is this; above all of them it is the next."""
_LARGEST: Final = "n>1M"
_SHOWN: Final = 3
_LISTED: Final = 20
_LOOKED_AT: Final = 2000
"""Questions whose language is looked at."""
_SOME: Final = 0.05
"""Share of these in one language from which the card names it."""
_FEWEST_UNANSWERABLE: Final = 0.05


class CardFacts:
    """What is counted of the cases while they are written."""

    def __init__(self) -> None:
        self.tags: Counter[str] = Counter()
        self.rows = self.unanswerable = 0
        self.lacking: Counter[str] = Counter()
        """Field to answerable rows that have nothing in it."""
        self.reviewers: Counter[str] = Counter()
        self.sample: list[Case] = []
        self._languages: Counter[str] = Counter()
        self._looked_at = 0

    def counted(self, cases: Iterable[Case]) -> Iterator[Case]:
        """The cases, each counted on its way."""
        for case in cases:
            self._count(case)
            yield case

    def _count(self, case: Case) -> None:
        self.rows += 1
        self.tags.update(case.tags)
        self.unanswerable += not case.answerable
        if case.answerable:
            self.lacking.update(
                name for name in ("reference", "reference_contexts", "reference_context_ids") if not getattr(case, name)
            )
        review = case.metadata.get("review")
        names = review.get("reviewers") if isinstance(review, dict) else None
        self.reviewers.update(str(name) for name in names) if isinstance(names, list) else None
        if len(self.sample) < _SHOWN:
            self.sample.append(case)
        if self._looked_at < _LOOKED_AT:
            self._looked_at += 1
            self._languages[language(f"{case.user_input} {case.reference or ''}") or ""] += 1

    @property
    def languages(self) -> list[str]:
        """Codes of the languages of questions and references, the commonest first, as far as they can be told."""
        known = {code: count for code, count in self._languages.items() if code}
        return [code for code, count in Counter(known).most_common() if count >= _SOME * sum(known.values())]


def card(made: manifest.Manifest, facts: CardFacts, files: Mapping[str, str]) -> str:
    """The card as Markdown; `files` is the name of each further configuration to its file."""
    purpose = f"{made.rows} questions with what is known to be right about them, for evaluating a RAG system."
    built = f"Built by rag-eval {made.rag_eval}; content fingerprint `{made.fingerprint}`."
    load = f'cases = load_dataset("path/to/{made.name}", split="test")'
    fields = "Fields carry RAGAs' names: `user_input`, `reference`, `reference_contexts`, `reference_context_ids`;"
    remarks = [*_remarks(made)]
    parts = [
        f"---\n{_head(made, facts, files)}---\n\n# {made.name}",
        f"{purpose}\n{built}",
        _warning(facts),
        f"```python\nfrom datasets import load_dataset\n\n{load}\n```",
        _about(made, facts),
        _table("| tag | cases |", sorted((tag, str(count)) for tag, count in facts.tags.items())),
        f"## Sample rows\n\n{_sample(facts.sample)}" if facts.sample else "",
        f"## Sources\n\n{_sources(made)}" if made.sources or made.corpus else "",
        f"## Known gaps\n\n{_bullets(_gaps(made, facts))}",
        f"## What was taken for what\n\n{_bullets(remarks)}" if remarks else "",
        f"{fields}\n`metadata` is JSON.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def licenses(lineage: Iterable[manifest.Step]) -> list[str]:
    """The licences that were named when the dataset, or one that went into it, was built."""
    return list(dict.fromkeys(str(step.details["license"]) for step in lineage if step.details.get("license")))


def _head(made: manifest.Manifest, facts: CardFacts, files: Mapping[str, str]) -> str:
    configs = [{"config_name": "default", "data_files": [{"split": "test", "path": manifest.DATA}], "default": True}]
    configs += [{"config_name": name, "data_files": [{"split": "test", "path": path}]} for name, path in files.items()]
    named = licenses(made.lineage)
    head: dict[str, Any] = {"pretty_name": made.name}
    if named:
        head["license"] = named[0].lower() if len(named) == 1 else "other"
    if facts.languages:
        head["language"] = facts.languages
    head |= {
        "size_categories": [next((size for most, size in _SIZES if made.rows < most), _LARGEST)],
        "task_categories": ["question-answering"],
        "configs": configs,
        "tags": ["rag", "evaluation"],
    }
    return yaml.safe_dump(head, sort_keys=False, allow_unicode=True)


def _warning(facts: CardFacts) -> str:
    drafts = facts.tags["draft"]
    return f"**{drafts} of them are drafts that nobody has reviewed yet.** Do: `rag-eval review`." if drafts else ""


def _about(made: manifest.Manifest, facts: CardFacts) -> str:
    reviewers = ", ".join(f"{name} ({count} rows)" for name, count in facts.reviewers.most_common(_LISTED))
    answerable = facts.rows - facts.unanswerable
    return _table(
        "| | |",
        [
            ("licence", ", ".join(licenses(made.lineage)) or "not stated"),
            ("language", ", ".join(facts.languages) or "not told by the texts"),
            ("size", f"{facts.rows} rows: {answerable} answerable, {facts.unanswerable} unanswerable"),
            ("reviewed by", reviewers or "nobody"),
            ("made by", ", ".join(step.operation for step in made.lineage) or "rag-eval"),
        ],
    )


def _sources(made: manifest.Manifest) -> str:
    rows = [
        (_cell(source.path), str(source.rows), source.split or "", f"`{source.sha256[:12]}`") for source in _of(made)
    ]
    more = f"\n\n… and {len(rows) - _LISTED} more, in `{manifest.FILE}`." if len(rows) > _LISTED else ""
    return _table("| file | rows | split | sha256 |", rows[:_LISTED]) + more


def _of(made: manifest.Manifest) -> list[manifest.Source]:
    corpus = [made.corpus] if made.corpus and made.corpus.path not in {source.path for source in made.sources} else []
    return [*made.sources, *corpus]


def _sample(cases: Sequence[Case]) -> str:
    rows = [
        (
            _cell(case.user_input),
            _cell(case.reference or "") or ("–" if case.answerable else "*no answer in the documents*"),
            _cell(", ".join(case.reference_context_ids or ())),
        )
        for case in cases
    ]
    return _table("| user_input | reference | reference_context_ids |", rows)


def _gaps(made: manifest.Manifest, facts: CardFacts) -> Iterator[str]:
    if not licenses(made.lineage):
        yield "No licence is stated; `--license` of `rag-eval build-dataset` states one."
    for name, count in sorted(facts.lacking.items()):
        yield f"{count} of {facts.rows - facts.unanswerable} answerable rows have no `{name}`."
    if facts.unanswerable < _FEWEST_UNANSWERABLE * facts.rows:
        yield f"{facts.unanswerable} rows ask what has no answer: refusals can hardly be measured."
    if drafts := facts.tags["draft"]:
        yield f"{drafts} rows are drafts that nobody has reviewed."
    if made.quarantined:
        yield f"{made.quarantined} rows or documents could not be used; they stand in `quarantine.jsonl`."
    for step in made.lineage:
        missing = step.details.get("fell_out")
        if isinstance(missing, dict):
            yield from (f"No question of kind {kind} could be drafted: {cause}." for kind, cause in missing.items())


def _remarks(made: manifest.Manifest) -> Iterator[str]:
    remarks: Iterable[JsonValue] = chain.from_iterable(
        each for step in made.lineage if isinstance(each := step.details.get("remarks"), list)
    )
    return (str(remark) for remark in remarks)


def _table(head: str, rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([head, f"|{' --- |' * (head.count('|') - 1)}", *lines]) if lines else ""


def _bullets(texts: Iterable[str]) -> str:
    return "\n".join(f"- {text}" for text in texts) or "- None that is known."


def _cell(text: str) -> str:
    """A text that stands in a cell of a table."""
    plain = shorten(" ".join(text.split()), 160).replace("\\", "\\\\").replace("|", "\\|")
    return plain.replace("<", "&lt;").replace("`", "'")
