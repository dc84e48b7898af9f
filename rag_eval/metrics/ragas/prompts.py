"""The digests of RAGAs' prompts in the release that is pinned, so that a metric's version is told without importing it.

Other releases, and a pydantic that writes the schemas in the prompts another way, are imported and asked.
"""

import hashlib
from collections.abc import Mapping
from importlib import metadata
from typing import Final

from pydantic import BaseModel, Field

RELEASE: Final = "0.4.3"
"""Of RAGAs."""
DIGESTS: Final[Mapping[str, str]] = {
    "faithfulness": "1d8758a2",
    "context_recall": "6ce9c1e7",
    "factual_correctness": "248a446b",
    "answer_correctness": "d17f745d",
    "answer_relevancy": "22477bbc",
    "context_precision": "dfb2a40c",
    "semantic_similarity": "e3b0c442",
}
"""Name of a metric to what `adapter.version` makes of its prompts."""


class _Part(BaseModel):
    """A part."""

    text: str = Field(description="a text")
    number: int = Field(description="a number")


class _Whole(BaseModel):
    """All that the schemas of RAGAs' prompts are made of."""

    parts: list[_Part] = Field(description="parts")
    more: list[_Part]
    texts: list[str] = Field(description="texts")


SCHEMA: Final = "f430a6c7"
"""The digest of a schema as it is written in RAGAs' prompts."""


def version(digest: str, formula: str, release: str = RELEASE) -> str:
    """A metric's version: release of RAGAs, hash of the prompts, and our formula."""
    return f"ragas {release} prompts {digest} formula {formula}"


def known_digest(name: str) -> str | None:
    """The digest of a metric's prompts; None where they are not those of the table, or may not be."""
    if _installed() != RELEASE or digest(str(_Whole.model_json_schema())) != SCHEMA:
        return None
    return DIGESTS.get(name)


def digest(texts: str) -> str:
    """What versions say of texts."""
    return hashlib.sha256(texts.encode()).hexdigest()[:8]


def _installed() -> str | None:
    """The release of RAGAs that is installed, if one is."""
    try:
        return metadata.version("ragas")
    except metadata.PackageNotFoundError:
        return None
