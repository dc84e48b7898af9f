"""The judge that comes with the package: no model, no key, no network; the same reply every time.

It cuts texts into claims (`claims`, `cleaning`), looks up their words in the context (`passages`, `support`) and
answers in the shapes of RAGAs' prompts (`replies`, `judge`). What it cannot see is meaning said in other words.
"""

from typing import Final

from rag_eval.judges.embedded.embedder import EmbeddedEmbedder
from rag_eval.judges.embedded.judge import EmbeddedJudge
from rag_eval.judges.embedded.support import ALARM

__all__ = ["ALARM", "VERSION", "EmbeddedEmbedder", "EmbeddedJudge"]

VERSION: Final = "3"
"""Changes whenever a reply may change; part of a score's origin."""
