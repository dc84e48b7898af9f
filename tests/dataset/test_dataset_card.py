"""What the card of a dataset says, and what the hub's viewer reads of it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from rag_eval.dataset.card import CardFacts, card, licenses
from rag_eval.dataset.manifest import Manifest, Source, Step
from rag_eval.records import Case

_CASES = (
    Case(
        id="a",
        user_input="When is it open | on Sundays, at the harbour?",
        reference="It is open from ten to five.",
        reference_contexts=("c",),
        reference_context_ids=("rules.md#office",),
        tags=("numeric",),
        metadata={"review": {"verdict": "accept", "reviewers": ["ann", "bo"], "at": "2026-01-01"}},
    ),
    Case(id="b", user_input="What is the fee for a boat of ten metres?", reference="<b>Twelve</b>", tags=("draft",)),
    Case(id="c", user_input="Who was the first master of the harbour?", answerable=False),
)


def _made(*steps: Step, **changes: Any) -> Manifest:
    sources = (Source(path="a.csv", sha256="0123456789abcdef", rows=3, split="test"),)
    return Manifest(name="mine", rows=3, fingerprint="f" * 8, sources=sources, lineage=steps, rag_eval="1", **changes)


def _step(**details: Any) -> Step:
    return Step(operation="build", details=details, rag_eval="1")


def _card(made: Manifest, cases: tuple[Case, ...] = _CASES) -> tuple[dict[str, Any], str]:
    facts = CardFacts()
    assert tuple(facts.counted(cases)) == cases
    _, head, text = card(made, facts, {"corpus": "corpus/corpus.parquet"}).split("---\n", 2)
    return yaml.safe_load(head), text


def test_the_head_is_what_the_hub_reads() -> None:
    """Licence, language, size, task and where each configuration's rows are."""
    head, _ = _card(_made(_step(license="CC-BY-4.0")))
    assert head == {
        "pretty_name": "mine",
        "license": "cc-by-4.0",
        "language": ["en"],
        "size_categories": ["n<1K"],
        "task_categories": ["question-answering"],
        "configs": [
            {"config_name": "default", "data_files": [{"split": "test", "path": "data/test.parquet"}], "default": True},
            {"config_name": "corpus", "data_files": [{"split": "test", "path": "corpus/corpus.parquet"}]},
        ],
        "tags": ["rag", "evaluation"],
    }


@pytest.mark.parametrize(
    "line",
    [
        "| licence | CC-BY-4.0 |",
        "| language | en |",
        "| size | 3 rows: 2 answerable, 1 unanswerable |",
        "| reviewed by | ann (1 rows), bo (1 rows) |",
        "| When is it open \\| on Sundays, at the harbour? | It is open from ten to five. | rules.md#office |",
        "| What is the fee for a boat of ten metres? | &lt;b>Twelve&lt;/b> |  |",
        "| Who was the first master of the harbour? | *no answer in the documents* |  |",
        "| a.csv | 3 | test | `0123456789ab` |",
        "- 1 of 2 answerable rows have no `reference_contexts`.",
        "- 1 rows are drafts that nobody has reviewed.",
        "- No question of kind comparison could be drafted: no quote.",
        "- 2 rows or documents could not be used; they stand in `quarantine.jsonl`.",
        "- split test taken of train, test; --split takes another",
    ],
)
def test_what_a_person_wants_to_know(line: str) -> None:
    """Licence, language, size, reviewers, sample rows that no sign breaks, sources, gaps, and what was guessed."""
    remarks = ["split test taken of train, test; --split takes another"]
    step = _step(license="CC-BY-4.0", fell_out={"comparison": "no quote"}, remarks=remarks)
    assert line in _card(_made(step, quarantined=2))[1].splitlines()


def test_what_is_not_known_is_said() -> None:
    """No licence, nobody who reviewed, no language; without unanswerable questions refusals cannot be measured."""
    head, text = _card(_made(), (Case(id="a", user_input="42?"),))
    assert not {"license", "language"} & set(head)
    for line in ("| licence | not stated |", "| reviewed by | nobody |", "| language | not told by the texts |"):
        assert line in text.splitlines()
    assert "- 0 rows ask what has no answer: refusals can hardly be measured." in text
    assert "- No licence is stated;" in text
    assert "What was taken for what" not in text


def test_licences_of_what_was_merged() -> None:
    """Each once; several are no single one for the hub."""
    steps = (_step(license="MIT"), _step(), _step(license="CC0-1.0"), _step(license="MIT"))
    assert licenses(steps) == ["MIT", "CC0-1.0"]
    assert _card(_made(*steps))[0]["license"] == "other"


@pytest.mark.parametrize(
    ("rows", "size"), [(999, "n<1K"), (1000, "1K<n<10K"), (99_999, "10K<n<100K"), (2_000_000, "n>1M")]
)
def test_size(rows: int, size: str) -> None:
    """As the hub names it."""
    assert _card(_made().model_copy(update={"rows": rows}))[0]["size_categories"] == [size]


def test_many_sources_are_cut(tmp_path: Path) -> None:
    """All of them stand in the manifest."""
    sources = tuple(Source(path=f"{at}.csv", sha256="0", rows=1) for at in range(30))
    text = _card(_made().model_copy(update={"sources": sources}))[1]
    assert "… and 10 more, in `manifest.yaml`." in text
