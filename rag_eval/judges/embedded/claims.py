"""Texts as claims: sentences cut into clauses and phrases, in the words of the text."""

import re
from collections.abc import Iterator
from typing import Final

from rag_eval.judges.embedded.cleaning import bare, scrap
from rag_eval.language.lexicon import COMMON_WORDS, GENERAL_WORDS
from rag_eval.language.sentences import sentences
from rag_eval.language.words import has_tokens, stem, terms, tokens

MIN_TOKENS: Final = 3
"""Words below which a piece is no claim of its own but part of a list."""

LONGEST_SUBJECT: Final = 6
"""Words a subject may have; what is longer holds a claim itself."""

_VERB: Final = (
    r"(?:was|is|were|are|has|had|have|can|may|must|will|became|won|made|led|held|wrote|began|took|went|left|"
    r"ran|grew|got|gave|found|built|sold|served|[^\W\d_]{3,}ed)"
)
_CLAUSE: Final = re.compile(
    r"\s*;\s+"
    r"|,?\s+(?:but|while|whereas|although|though)\s+"
    rf"|,\s+(?:and|where)\s+(?:also\s+)?(?=(?:[^\W\d_]+ly\s+)?(?:{_VERB}|he|she|it|they|the|his|her|"
    r"its|their|later|in)\b)"
    rf"|,\s+(?=(?:which|who)\s+(?:also\s+)?(?:[^\W\d_]+ly\s+)?{_VERB}\b)"
    rf"|\s+and\s+(?=(?:also\s+|later\s+)?{_VERB}\b)"
)
_PHRASE: Final = re.compile(
    r",\s+(?=(?:in|on|at|from|since|until|after|before|during|where|when|as|including|with|by|for|under|through|"
    r"[^\W\d_]{3,}ing)\s)"
    r"|,\s+(?:and|or)\s+"
    r"|\s+(?:as well as|along with)\s+"
)
_SUBJECT: Final = re.compile(
    rf"(?P<subject>(?:[^\s,;:]+\s+){{1,{LONGEST_SUBJECT}}}?)(?=(?:was|is|were|are|has|had|have|can|may|must|will)\b)"
)
_NO_SUBJECT: Final = re.compile(
    r"(?:he|she|it|they|we|you|i|there|this|that|these|those|who|what|which|if|when|while|after|before|in|on|at|"
    r"for|from|to|by|as|with|yes|no|his|her|its|their|according|however|additionally)\b",
    re.IGNORECASE,
)
_TABLE_HEAD: Final = re.compile(r"^\|[^\n]*\n(?=\|[ \t:|-]+$)", re.MULTILINE)
_FINITE: Final = re.compile(
    r"(?:also\s+|later\s+|[^\W\d_]+ly\s+)?(?:was|is|were|are|has|had|have|can|may|must|will|became|wrote|began|took|"
    r"went|ran|grew|gave)\b"
)
"""A predicate without its subject, and no participle as in "was arrested and charged"."""
_SUBORDINATE: Final = re.compile(
    r"\b(?:that|which|who|whom|whose|where|when|if|because|since|as|while|so)\b", re.IGNORECASE
)
"""From here on a predicate may be somebody else's than the sentence's subject's."""

_GENERAL: Final = frozenset(map(stem, GENERAL_WORDS | COMMON_WORDS))
"""Words that name nothing: "the main difference" is no subject of what follows."""


def statements(answer: str) -> list[str]:
    """An answer as claims of one clause or phrase each, in order; none for an answer without words.

    What only speaks of the sources or to the reader is left out, and what is left of marks; an answer that holds
    nothing else comes back sentence by sentence as it is.
    """
    parts = [piece for sentence in _worth_checking(answer) for piece in _pieces(sentence)]
    return [part for part in parts if not scrap(part)] or parts or _sentences(answer)


def _pieces(sentence: str) -> Iterator[str]:
    """The clauses of a sentence, cut into phrases, and with its subject before a predicate that has none."""
    subject, before, subordinate = "", "", False
    for clause in filter(None, map(bare, _cut(_CLAUSE, [sentence]))):
        complete = not before or not _FINITE.match(clause) or subordinate
        for place, piece in enumerate(_cut(_PHRASE, [clause])):
            yield piece if complete or place or not subject else f"{subject} {piece}"
        subject, before = subject or ("" if before else _subject(clause)), clause
        subordinate = subordinate or bool(_SUBORDINATE.search(clause))


def claims(text: str, atomicity: str) -> list[str]:
    """A text as standalone claims: its clauses for `low` atomicity, as `statements` cuts them for `high`."""
    if atomicity == "high":
        return statements(text)
    clauses = [*filter(None, map(bare, _cut(_CLAUSE, _worth_checking(text))))]
    return [clause for clause in clauses if not scrap(clause)] or clauses or _sentences(text)


def _sentences(text: str) -> list[str]:
    return [sentence for sentence in sentences(_TABLE_HEAD.sub("", text)) if has_tokens(sentence)]


def _worth_checking(text: str) -> list[str]:
    """Sentences without lead-ins and the heads of tables, unless there is nothing else."""
    every = _sentences(text)
    return [sentence for sentence in every if not sentence.endswith(":")] or every


def _cut(joint: re.Pattern[str], texts: list[str]) -> list[str]:
    cut = ((text, joint.split(text)) for text in texts)
    return [piece for text, pieces in cut for piece in (_joined(pieces) if len(pieces) > 1 else [text.strip()])]


def _joined(pieces: list[str]) -> Iterator[str]:
    """Pieces too short to be claims go back to the one before them."""
    whole: list[str] = []
    words = 0
    for piece in filter(None, map(str.strip, pieces)):
        more = len(tokens(piece))
        short = more < MIN_TOKENS or words < MIN_TOKENS
        if whole and not short:
            yield ", ".join(whole)
            whole, words = [], 0
        whole.append(piece)
        words += more
    if whole:
        yield ", ".join(whole)


def _subject(piece: str) -> str:
    """What stands before the first auxiliary, if that is short and names something."""
    match = _SUBJECT.match(piece)
    if match is None or _NO_SUBJECT.match(piece):
        return ""
    subject = re.sub(r"\s*\([^()]*\)", "", match["subject"]).strip()
    words = [term for token in tokens(subject) for term in terms(token) if term.kind == "word"]
    return subject if any(word.key not in _GENERAL for word in words) else ""
