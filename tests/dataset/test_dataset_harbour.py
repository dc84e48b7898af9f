"""The demo's ground truth holds what it promises."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from rag_eval import config
from rag_eval.dataset import cases, fingerprint, manifest
from rag_eval.dataset.sources.documents import passages

TAGS = {
    "single-fact", "multi-hop", "numeric", "comparison", "procedural", "unanswerable", "paraphrased", "typo", "long",
}  # fmt: skip
_COMMON = frozenset(
    re.findall(
        r"\w+",
        """
    a an the and or but if of to in on at by for from with without as is are was were be been being am do does did have
    has had can could may might must shall should will would i you he she it we they me him her us them my your his
    its our their this that these those there here what which who whom whose when where why how not no yes so than
    then too very just about into over under up down out off again any all each both more most some such only own same
""",
    )
)


@pytest.fixture
def source(repository: Path) -> Path:
    """What the set is built from."""
    return repository / "datasets" / "harbour" / "source"


def _questions(source: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (source / "questions.jsonl").read_text(encoding="utf-8").splitlines()]


def _stems(text: str) -> set[str]:
    words = set(re.findall(r"[a-z0-9]+", text.lower())) - _COMMON
    return {re.sub(r"(es|s|ed|ing)$", "", word) for word in words}


def test_it_is_large_and_varied_enough(source: Path) -> None:
    """At least 25 pages and 120 questions, each kind of question there, ids and questions unique."""
    questions = _questions(source)
    assert len(list((source / "pages").glob("*.md"))) >= 25
    assert len(questions) >= 120
    assert {tag for one in questions for tag in one["tags"]} == TAGS
    assert len({one["id"] for one in questions}) == len({one["user_input"] for one in questions}) == len(questions)


def test_every_reference_is_borne_out(source: Path) -> None:
    """Ids resolve; the evidence stands word by word in the sections that are named, at least one piece in each."""
    held = passages(str(source / "pages"))
    for one in _questions(source):
        texts = [held[key] for key in one["reference_context_ids"]]
        assert bool(texts) == one["answerable"], one["id"]
        assert all(any(piece in text for text in texts) for piece in one["evidence"]), one["id"]
        assert all(any(piece in text for piece in one["evidence"]) for text in texts), one["id"]


def test_a_third_is_not_found_by_its_words(source: Path) -> None:
    """At least a third of the answerable questions share at most a third of their words with their contexts."""
    held = passages(str(source / "pages"))
    answerable = [one for one in _questions(source) if one["answerable"]]
    shares = []
    for one in answerable:
        asked = _stems(one["user_input"])
        told = _stems(" ".join(held[key] for key in one["reference_context_ids"]))
        shares.append(len(asked & told) / len(asked))
    assert sum(share <= 1 / 3 for share in shares) >= len(answerable) / 3


def test_what_is_committed_is_what_its_source_makes(repository: Path, source: Path) -> None:
    """The dataset folder has the fingerprint of a fresh build."""
    fresh = config.DatasetConfig(path=str(source / "questions.jsonl"), corpus=str(source / "pages"))
    expected = fingerprint(item.case for item in cases(fresh))
    assert manifest.load(repository / "datasets" / "harbour").fingerprint == expected
    committed = config.DatasetConfig(path=str(repository / "datasets" / "harbour"))
    assert fingerprint(item.case for item in cases(committed)) == expected
