"""What the embedded judge replies, as plain data by field name; `judges.shapes` says to which model."""

from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue

from rag_eval.judges.embedded.claims import claims, statements
from rag_eval.judges.embedded.correctness import correctness
from rag_eval.judges.embedded.entities import entities, pseudo_question
from rag_eval.judges.embedded.overlap import content_keys, overlap
from rag_eval.judges.embedded.passages import Passages, read_passages
from rag_eval.judges.embedded.support import Finding, check
from rag_eval.language.refusals import refusal

Input = Mapping[str, JsonValue]
Reply = dict[str, JsonValue]

USEFUL_SHARE: Final = 0.5
"""Share of the answer's claims that a context must support to have been useful in arriving at it."""

FULL_SHARE: Final = 0.8
"""Share from which an answer counts as fully supported where RAGAs asks for three grades."""

PARTIAL_SHARE: Final = 0.3
"""Share from which it counts as partially supported."""


def statement_list(given: Input) -> Reply:
    """The statements of an answer."""
    answer = given.get("answer", given.get("text", ""))  # NoiseSensitivity names it `text`
    return {"statements": [*statements(str(answer))]}


def claim_list(given: Input) -> Reply:
    """The claims of a response."""
    return {"claims": [*claims(str(given.get("response", "")), str(given.get("atomicity", "low")))]}


def support_verdicts(given: Input) -> Reply:
    """Whether a context bears out each statement."""
    passages = read_passages(str(given.get("context", "")))
    findings = [(s, check(s, passages)) for s in _texts(given.get("statements"))]
    return {"statements": [_judged(*pair, verdict="verdict") for pair in findings]}


def attributions(given: Input) -> Reply:
    """Whether a context holds each statement of an answer."""
    findings = _check_answer(given, read_passages(str(given.get("context", ""))))
    return {"classifications": [_judged(*pair, verdict="attributed") for pair in findings]}


def statement_classes(given: Input) -> Reply:
    """Statements of an answer that the truth holds or not, and those of the truth that it leaves out."""
    known = content_keys(str(given.get("question", "")))
    answer, truth = _texts(given.get("answer")), _texts(given.get("ground_truth"))
    stated, right = read_passages("\n".join(answer)), read_passages("\n".join(truth))
    ours = [(statement, check(statement, right, known)) for statement in answer]
    theirs = [(statement, check(statement, stated, known)) for statement in truth]
    return {
        "TP": [_reasoned(*pair) for pair in ours if pair[1].supported],
        "FP": [_reasoned(*pair) for pair in ours if not pair[1].supported],
        "FN": [_reasoned(*pair) for pair in theirs if not pair[1].supported],
    }


def relevance(given: Input) -> Reply:
    """A question that an answer would answer, and whether the answer refuses."""
    response = str(given.get("response", ""))
    sentence = refusal(response)
    return {"question": pseudo_question(response), "noncommittal": int(bool(sentence)), "refusal": sentence}


def claim_verdicts(given: Input) -> Reply:
    """The claims of a reference and whether an answer says them; `score` is the whole in [0, 1]."""
    texts = (str(given.get(name, "")) for name in ("question", "reference", "response"))
    result = correctness(*texts)
    return {
        "claims": [
            {"claim": claim.claim, "reason": claim.reason, "verdict": claim.verdict, "evidence": claim.evidence}
            for claim in result.claims
        ],
        "score": result.score,
    }


def usefulness(given: Input) -> Reply:
    """Whether a context bears out most of an answer."""
    findings = _check_answer(given, read_passages(str(given.get("context", ""))))
    useful = _share(findings) >= USEFUL_SHARE
    shown = next((f for _, f in findings if f.supported == useful), None)
    return {"reason": shown.reason if shown else "The answer holds no claim.", "verdict": int(useful)}


def entity_list(given: Input) -> Reply:
    """The names and figures in a text."""
    return {"entities": [*entities(str(given.get("text", "")))]}


def accuracy(given: Input) -> Reply:
    """How far an answer and the reference hold the same."""
    question, user, truth = (str(given.get(k, "")) for k in ("query", "user_answer", "reference_answer"))
    known = content_keys(question)
    right = _shares(user, truth, known), _shares(truth, user, known)
    return {"rating": 2 * _grade(2 * right[0] * right[1] / (sum(right) or 1.0))}


def groundedness(given: Input) -> Reply:
    """How far a context bears out a response."""
    share = _shares(str(given.get("response", "")), str(given.get("context", "")), frozenset())
    return {"rating": _grade(share)}


def context_relevance(given: Input) -> Reply:
    """How much of the question the context speaks of: the nearest to relevance without understanding."""
    question = str(given.get("user_input", ""))
    shared = overlap(question, read_passages(str(given.get("context", ""))))
    return {"rating": _grade((shared.whole + shared.sentence) / 2)}


def _check_answer(given: Input, passages: Passages) -> list[tuple[str, Finding]]:
    question = str(given.get("question", ""))
    known = content_keys(question)
    return [(s, check(s, passages, known)) for s in statements(str(given.get("answer", "")))]


def _shares(answer: str, context: str, known: frozenset[str]) -> float:
    passages = read_passages(context)
    return _share([(s, check(s, passages, known)) for s in statements(answer)])


def _share(findings: list[tuple[str, Finding]]) -> float:
    return sum(finding.supported for _, finding in findings) / len(findings) if findings else 0.0


def _grade(share: float) -> int:
    return 2 if share >= FULL_SHARE else int(share >= PARTIAL_SHARE)


def _judged(statement: str, finding: Finding, *, verdict: str) -> JsonValue:
    """A verdict with more than RAGAs' models know: the support in [0, 1], and the sentence it rests on."""
    return {
        "statement": statement,
        "reason": finding.reason,
        verdict: int(finding.supported),
        "support": round(finding.support, 4),
        "evidence": finding.evidence,
    }


def _reasoned(statement: str, finding: Finding) -> JsonValue:
    return {"statement": statement, "reason": finding.reason}


def _texts(value: JsonValue) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
