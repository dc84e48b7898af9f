"""The version of the embedded judge and of its embedder."""

from typing import Final

VERSION: Final = "4"
"""Changes whenever a reply may change; part of a score's origin."""
EMBEDDINGS: Final = f"embedded {VERSION}"
"""What an origin says of vectors that come from the embedder inside."""
