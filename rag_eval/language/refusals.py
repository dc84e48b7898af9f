"""Whether an answer refuses."""

import re
from collections.abc import Sequence

from rag_eval.language.lexicon import REFUSALS
from rag_eval.language.sentences import sentences

_R = re.compile(REFUSALS)


def refusal(text: str, phrases: Sequence[str] = ()) -> str:
    """The sentence that refuses."""
    first = next(iter(sentences(text)), "")
    low = first.lower().replace("’", "'")
    return first if _R.search(low) or any(p.lower() in low for p in phrases) else ""
