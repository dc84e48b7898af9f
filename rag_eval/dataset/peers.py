"""What RAGAs' peers write into a cell around the field itself: a line of `READERS` each."""

import contextlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from rag_eval.dataset.cells import BadValueError, CellOptions, is_texts, parse_container, plain, truth_of

Reader = Callable[[Any, Mapping[str, Any], CellOptions], Any]
"""Gives the field's value out of a cell's and the row around it, or None."""

_GOLDEN = frozenset({"input", "actual_output", "expected_output", "context", "retrieval_context"})
"""Columns of DeepEval's goldens."""
_GOLDEN_APART = re.compile(r"\||;(?=\S)")
"""What parts their contexts in a CSV that DeepEval wrote or reads; after a semicolon of prose stands a space."""
_SAME = ("equals", "factuality", "model-graded-factuality", "similar", "answer-equals")
_PART = ("contains", "icontains", "starts-with", "contains-all", "icontains-all", "contains-any", "icontains-any")
_OTHER = (
    "answer-relevance", "bleu", "classifier", "contains-html", "contains-json", "contains-sql", "contains-xml",
    "context-faithfulness", "context-recall", "context-relevance", "conversation-relevance", "cost", "eval", "file",
    "finish-reason", "fn", "g-eval", "gleu", "grade", "guardrails", "is-html", "is-json", "is-refusal", "is-sql",
    "is-valid-function-call", "is-valid-openai-function-call", "is-valid-openai-tools-call", "is-xml", "javascript",
    "latency", "levenshtein", "llm-rubric", "max-score", "meteor", "model-graded-closedqa", "moderation", "perplexity",
    "perplexity-score", "pi", "python", "regex", "rouge-n", "ruby", "search-rubric", "select-best", "tool-call-f1",
    "webhook", "word-count",
)  # fmt: skip
_REFERENCES = {kind: rank for rank, kind in enumerate((*_SAME, *_PART))}
"""promptfoo's assertions whose value is what is right, those that want it most wholly first."""
_ASSERTION = re.compile(
    rf"\s*(not-)?({'|'.join(sorted(map(re.escape, (*_SAME, *_PART, *_OTHER)), key=len, reverse=True))})"
    r"(?::(?:cosine|dot_product|euclidean))?(?:\([^)]*\))?\s*(?::|$)\s*(.*)",
    re.DOTALL,
)


def _shaped(value: Any, _: Mapping[str, Any], how: CellOptions) -> Any:
    """A text, or a list of texts; what else is called so is something else."""
    try:
        return value if not how.is_nothing(value) and is_texts(parse_container("", value)) else None
    except BadValueError:
        return value


def _golden(value: Any, row: Mapping[str, Any], how: CellOptions) -> Any:
    if isinstance(value, str) and row.keys() >= _GOLDEN and len(parts := _GOLDEN_APART.split(value)) > 1:
        return parts
    return _shaped(value, row, how)


def _text_only(value: Any, _: Mapping[str, Any], __: CellOptions) -> Any:
    return value if isinstance(value, str) and not re.fullmatch(r"\s*-?[\d.]+\s*|true|false", value.lower()) else None


def _contained(value: Any, _: Mapping[str, Any], __: CellOptions) -> Any:
    return parse_container("reference", value)


def _passage(value: Any, row: Mapping[str, Any], _: CellOptions) -> Any:
    """The text that a question of Label Studio is about; a text without a question is the question."""
    data = row.get("data")
    return value if isinstance(value, str) and isinstance(data, dict) and "question" in data else None


def _grouped(value: Any, _: Mapping[str, Any], __: CellOptions) -> Any:
    """AutoRAG's lists of ids that belong together, as one list."""
    value = parse_container("reference_context_ids", value)
    if not isinstance(value, list):
        return value
    return list(dict.fromkeys(str(key) for group in value for key in _as_list(group) if key not in (None, "")))


def _only_text(value: Any, _: Mapping[str, Any], __: CellOptions) -> Any:
    """The one text of an object, whatever it is called there; the last message of a chat."""
    if isinstance(value, dict) and len(value) == 1:
        (inner,) = value.values()
        if isinstance(inner, list) and inner and isinstance(inner[-1], dict):
            inner = inner[-1].get("content")
        return inner if isinstance(inner, str) else value
    return value


def _inside(*keys: str) -> Reader:
    """Takes the text under one of the keys out of an object, which may stand in a cell as JSON."""

    def read(value: Any, _: Mapping[str, Any], __: CellOptions) -> Any:
        inner = value
        if isinstance(value, str) and value.lstrip().startswith("{"):
            with contextlib.suppress(ValueError, RecursionError):
                inner = json.loads(value)
        if not isinstance(inner, dict):
            return value
        return next((plain(inner[key]) for key in keys if isinstance(inner.get(key), str | list)), value)

    return read


def _texts_inside(*keys: str) -> Reader:
    """The same, where what is no text is something else that is called so."""
    inside = _inside(*keys)

    def read(value: Any, row: Mapping[str, Any], how: CellOptions) -> Any:
        texts = inside(value, row, how)
        return texts if is_texts(texts) else None

    return read


def _instruction(value: Any, row: Mapping[str, Any], _: CellOptions) -> Any:
    """Alpaca's instruction, unless it only says what to do with the question that stands under `input`."""
    given = row.get("input")
    asks = isinstance(given, str) and given.rstrip().endswith("?")
    return None if asks and not str(value).rstrip().endswith("?") else value


def _negated(value: Any, _: Mapping[str, Any], __: CellOptions) -> Any:
    known = truth_of(value)
    if known is None:
        raise BadValueError("answerable", "true or false in is_impossible", value)
    return not known


def _has_answers(value: Any, row: Mapping[str, Any], _: CellOptions) -> Any:
    """False where SQuAD lists no answer; None, which says nothing, elsewhere."""
    answers = parse_container("reference", value)
    if isinstance(answers, dict) and "text" in answers:
        return None if answers["text"] else False
    return False if answers == [] and "context" in row else None


def _facts(value: Any, _: Mapping[str, Any], __: CellOptions) -> Any:
    """MLflow's list of facts as sentences."""
    if not isinstance(value, list) or not all(isinstance(fact, str) for fact in value):
        return value
    facts = [fact.strip() for fact in value if fact.strip()]
    return " ".join(fact if fact.endswith((".", "!", "?")) else f"{fact}." for fact in facts) or None


def _expected(_: Any, row: Mapping[str, Any], how: CellOptions) -> Any:
    """Promptfoo's `__expected`, `__expected1` …: what is right by the assertion that says it most wholly."""
    columns = [name for name in row if re.fullmatch(r"__expected\d*", name)]
    how.tally.also.update(columns)
    cells = [row[name] for name in columns if isinstance(row[name], str) and not how.is_nothing(row[name])]
    return _best((_assertion(cell) for cell in cells if cell.strip()), "__expected", how)


def _numbered(value: Any, row: Mapping[str, Any], how: CellOptions) -> Any:
    return None if row.get("__expected") else _expected(value, row, how)


def _assertion(cell: str) -> tuple[str, Any]:
    match = _ASSERTION.match(cell)
    if match is None:
        kind = next((kind for kind in ("file", "fn", "eval") if cell.startswith(f"{kind}://")), "equals")
        return kind, cell
    return (match[1] or "") + match[2], match[3].strip()


def _asserted(value: Any, _: Mapping[str, Any], how: CellOptions) -> Any:
    """Promptfoo's `assert`: a list of assertions with type and value."""
    value = parse_container("reference", value)
    if not isinstance(value, list) or not all(isinstance(each, dict) and "type" in each for each in value):
        return None
    return _best(((str(each["type"]), each.get("value")) for each in value), "assert", how)


def _best(assertions: Iterable[tuple[str, Any]], column: str, how: CellOptions) -> Any:
    usable: list[tuple[int, Any]] = []
    for kind, value in assertions:
        if kind in _REFERENCES and value not in (None, "", []):
            usable.append((_REFERENCES[kind], value))
        else:
            how.tally.no_reference[column, kind] += 1
    if not usable:
        return None
    rank, value = min(usable, key=lambda pair: pair[0])
    return _enough(tuple(_REFERENCES)[rank], value)


def _enough(kind: str, value: Any) -> Any:
    """All of the texts that an answer must contain, the first of those of which one is enough."""
    if not kind.endswith(("-all", "-any")):
        return value
    texts = value if isinstance(value, list) else [part.strip() for part in str(value).split(",")]
    return ", ".join(map(str, texts)) if kind.endswith("-all") else texts[0]


def _annotated(value: Any, _: Mapping[str, Any], __: CellOptions) -> Any:
    """Label Studio's annotations: the texts that people wrote or marked, else what they chose."""
    value = parse_container("reference", value)
    if not isinstance(value, list):
        return None
    values = list(_results(value))
    texts = [text for each in values for text in _as_list(each.get("text"))]
    return (texts or [text for each in values for text in _as_list(each.get("choices"))]) or None


def _results(annotations: list[Any]) -> Iterator[Mapping[str, Any]]:
    for annotation in annotations:
        if isinstance(annotation, dict) and not annotation.get("was_cancelled"):
            for result in _as_list(annotation.get("result")):
                if isinstance(result, dict) and isinstance(result.get("value"), dict):
                    yield result["value"]


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


_ASKED = _inside("question", "query", "input", "user_input", "prompt", "text", "messages")
_ANSWERED = ("answer", "response", "output", "expected_output", "text", "content", "messages")

READERS: Mapping[tuple[str, str], Reader] = {
    ("user_input", "inputs"): _only_text,
    ("user_input", "input"): _ASKED,
    ("user_input", "instruction"): _instruction,
    ("response", "output"): _texts_inside(*_ANSWERED),
    ("reference", "output"): _texts_inside(*_ANSWERED),
    ("reference", "expected_output"): _inside(*_ANSWERED),
    ("reference", "expected"): _inside(*_ANSWERED),
    ("response", "outputs"): _only_text,
    ("reference", "outputs"): _only_text,
    ("reference", "reference_outputs"): _only_text,
    ("reference", "ground_truths"): _contained,
    ("reference", "answers"): _contained,
    ("reference", "generation_gt"): _contained,
    ("reference", "expectations.expected_facts"): _facts,
    ("reference", "__expected"): _expected,
    ("reference", "__expected1"): _numbered,
    ("reference", "assert"): _asserted,
    ("reference", "annotations"): _annotated,
    ("reference", "label"): _text_only,
    ("reference_contexts", "context"): _golden,
    ("reference_contexts", "data.text"): _passage,
    ("reference_context_ids", "retrieval_gt"): _grouped,
    ("retrieved_contexts", "retrieval_context"): _golden,
    ("retrieved_contexts", "context"): _shaped,
    ("answerable", "is_impossible"): _negated,
    ("answerable", "answers"): _has_answers,
}
"""Field and name to what takes the field's value out of a cell that holds more."""
