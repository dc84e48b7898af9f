"""What columns are called: RAGAs' fields under the names of its peers, and what a file's columns stand for.

A format of rows that is not yet known is a line in `ALIASES`, and, where its cells hold more than the field itself, a
line in `peers.READERS`.
"""

import difflib
import functools
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

ALIASES: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "case_id", "question_id", "sample_id", "qid", "query_id", "_id"),
    "user_input": (
        "user_input", "question", "query", "questions", "instruction",
        "input", "inputs.question", "inputs.query", "inputs.input",
        "inputs.user_input", "inputs.messages[-1].content", "inputs", "vars.question", "vars.query", "vars.input",
        "vars.prompt", "data.question", "data.query", "data.input", "data.prompt", "prompt", "user_query",
        "user_question", "data.text", "frage", "pregunta", "domanda", "pergunta", "vraag",
    ),
    "response": (
        "response", "answer", "actual_output", "outputs.response", "outputs.answer", "outputs.output",
        "outputs", "output", "antwort", "respuesta", "réponse", "risposta", "resposta", "antwoord",
    ),
    "reference": (
        "reference", "ground_truth", "ground_truths", "expected_output", "gt_answer", "reference_answer",
        "expected_answer", "expected_response", "expected", "gold_answer", "golden_answer", "golden", "gold",
        "correct_answer", "ideal_answer", "ideal", "best_answer", "target_answer", "target", "reference_output",
        "ground_truth_answer", "expected_result", "ideal_response", "correct_response", "desired_answer",
        "gold_standard", "answer_key", "reference_response", "gold_response", "golden_response", "gt",
        "expectations.expected_response", "expectations.ground_truth", "expectations.expected_answer",
        "expectations.expected_facts", "reference_outputs.answer", "reference_outputs", "answers", "generation_gt",
        "__expected", "__expected1", "assert", "annotations",
    ),
    "retrieved_contexts": (
        "retrieved_contexts", "contexts", "retrieval_context", "retrieved_context", "retrieved_documents",
        "retrieved_docs", "outputs.retrieved_contexts", "outputs.contexts",
    ),
    "retrieved_context_ids": ("retrieved_context_ids", "context_ids", "retrieved_ids"),
    "reference_contexts": (
        "reference_contexts", "ground_truth_contexts", "gold_contexts", "reference_context", "ground_truth_context",
        "gold_context", "expected_contexts", "expected_chunks", "positive_passages", "data.context", "data.text",
        "context", "vars.context",
    ),
    "reference_context_ids": (
        "reference_context_ids", "gold_context_ids", "relevant_ids", "retrieval_gt", "relevant_doc_ids",
        "expected_context_ids", "gold_ids",
    ),
    "answerable": ("answerable", "is_answerable", "is_impossible", "answers"),
    "tags": ("tags",),
    "latency_s": ("latency_s",),
}  # fmt: skip
"""RAGAs' name to the names that RAGAs' older releases, DeepEval, promptfoo, LangSmith, MLflow, AutoRAG, Label Studio,
SQuAD and others have for it.

The first that holds something wins. A dotted one looks inside an object. Spelling is told apart by letters and digits
alone: `Ground Truth` and `groundTruth` are `ground_truth`.
"""

_TESTSET = frozenset({"evolutiontype", "synthesizername"})
"""Columns of RAGAs' test sets, as they are spelt; the contexts of those are what a question was made of."""
LAST = {"reference": ("label",)}
"""Names for want of a better: taken only if no other column of the file can be the field, nor is a response."""
EITHER = ("answer", "outputs.response", "outputs.answer", "outputs.output", "outputs", "output", "antwort",
          "respuesta", "réponse", "risposta", "resposta", "antwoord")  # fmt: skip
"""What a person's answers are called, and a system's too."""


_NEAR = 0.75
"""How alike two names are of which one is taken for a slip of the other."""


def root(alias: str) -> str:
    """The column that a name looks into."""
    return alias.partition(".")[0]


HOLDERS = frozenset(root(alias) for aliases in ALIASES.values() for alias in aliases if "." in alias)
"""Columns that hold objects with fields in them; a table has to write such an object into a cell, as JSON."""


@dataclass(frozen=True)
class Roles:
    """Which names are looked for, field by field, in a file of certain columns."""

    names: Mapping[str, tuple[str, ...]]
    taken: bool = False
    """Whether answers are the reference because nothing else can be, and nothing says that a system gave them."""


def spelling(name: str) -> str:
    """A name without what people write differently: case, spaces, underscores, hyphens, marks."""
    if "\0" in name:  # text that was decoded wrongly
        return name
    plain = "".join(letter for letter in name.replace("#", "number").casefold() if letter.isalnum())
    return f"__{plain}" if name.startswith("__") else plain


_CAPTURED = frozenset(map(spelling, (
    *ALIASES["retrieved_contexts"], *ALIASES["retrieved_context_ids"], "latency", "latency_s", "latency_ms",
    "run_type", "trace_id", "start_time", "end_time",
)))  # fmt: skip
"""Columns that stand beside what a system answered, as they are spelt."""
_BY_SPELLING: Mapping[str, str] = {
    spelling(root(name)): root(name)
    for aliases in reversed([*ALIASES.values(), *LAST.values()])
    for name in reversed(aliases)
    if root(name) != "_id"
}


@functools.lru_cache(maxsize=1024)
def recognised(columns: tuple[str, ...]) -> Mapping[str, str]:
    """The name that is known, to the column that is spelt so or nearly so, first come first served."""
    exact = {column: column for column in columns if column in _ROOTS or column in _PLACES}
    for column in columns:
        near = _BY_SPELLING.get(spelling(column))
        if column not in exact and near is not None:
            exact.setdefault(near, column)
    return exact


_PLACES = frozenset(name for aliases in [*ALIASES.values(), *LAST.values()] for name in aliases)
_ROOTS = frozenset(map(root, _PLACES))
_FIELDS: Mapping[str, frozenset[str]] = {
    alias: frozenset(field for field, aliases in [*ALIASES.items(), *LAST.items()] if alias in map(root, aliases))
    for alias in _ROOTS
}
_UNDECIDED = frozenset({*EITHER, *map(root, EITHER), *(name for names in LAST.values() for name in names)})


def is_undecided(columns: Iterable[str]) -> bool:
    """Whether there is a column that only the other columns of the file can tell the field of."""
    return not _UNDECIDED.isdisjoint(recognised(tuple(columns)))


def is_known(column: str) -> bool:
    """Whether a column is called, in whatever spelling, what a field may be called."""
    return column in _PLACES or spelling(column) in _BY_SPELLING


def fields_of(column: str) -> frozenset[str]:
    """The fields that a column of that name, in whatever spelling, may be."""
    return _FIELDS.get(column) or _FIELDS.get(_BY_SPELLING.get(spelling(column), ""), frozenset())


def nearest(field: str, columns: Iterable[str]) -> str | None:
    """The column that is called nearly as a field may be; None where none is."""
    known = [*dict.fromkeys(spelling(alias) for alias in ALIASES[field] if "." not in alias)]
    for column in columns:
        if difflib.get_close_matches(spelling(column), known, n=1, cutoff=_NEAR):
            return column
    return None


def there(names: Iterable[str], columns: Collection[str]) -> bool:
    """Whether a column is called by one of the names, or holds objects that may."""
    return any(name in columns or ("." in name and root(name) in columns) for name in names)


def roles(columns: Iterable[str], explicit: Mapping[str, str], *, captured: bool) -> Roles:
    """What stands for what in a file of these columns.

    `explicit` has the fields whose place was named. `captured` says that somebody wants the answers of a system out of
    the file.
    """
    columns = tuple(columns)
    present = frozenset(recognised(columns))
    names = {field: aliases for field, aliases in _aliases(columns).items() if field not in explicit}
    if "reference" in explicit or there(ALIASES["reference"], present):
        return Roles(names)
    free = present - {*explicit.values(), *map(root, explicit.values())}
    if there(EITHER, free):
        captured = captured or not _CAPTURED.isdisjoint(map(spelling, columns))
        return Roles(names) if _of_a_system(free, explicit, captured=captured) else _answers_first(names)
    if not there(ALIASES["response"], present):
        names["reference"] = (*names["reference"], *LAST["reference"])
    return Roles(names)


def _aliases(columns: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """The names of each field, as RAGAs' test sets and Azure's evaluation mean them where a file is of those."""
    present = recognised(tuple(columns))
    answered = "response" in present and there(ALIASES["reference"], present)
    if "context" in present and answered and not there(ALIASES["retrieved_contexts"], present):
        # Beside an answer and what is right, and where no other column can be, it is what the answer was made of.
        given = tuple(name for name in ALIASES["reference_contexts"] if name != "context")
        retrieved = (*ALIASES["retrieved_contexts"], "context")
        return {**ALIASES, "retrieved_contexts": retrieved, "reference_contexts": given}
    if _TESTSET.isdisjoint(map(spelling, columns)):
        return ALIASES
    retrieved = tuple(name for name in ALIASES["retrieved_contexts"] if name != "contexts")
    return {
        **ALIASES,
        "retrieved_contexts": retrieved,
        "reference_contexts": (*ALIASES["reference_contexts"], "contexts"),
    }


def _of_a_system(free: frozenset[str], explicit: Mapping[str, str], *, captured: bool) -> bool:
    """Whether answers are a system's: nothing else is its response, and something says that there is a system."""
    others = [name for name in ALIASES["response"] if name not in EITHER]
    if there(others, free) or "response" in explicit:
        return False
    contexts = explicit.get("retrieved_contexts") or explicit.get("retrieved_context_ids")
    return bool(captured or contexts)


def _answers_first(names: Mapping[str, tuple[str, ...]]) -> Roles:
    rest = tuple(name for name in names.get("response", ()) if name not in EITHER)
    changed = {**names, "response": rest, "reference": (*names["reference"], *EITHER)}
    return Roles({field: aliases for field, aliases in changed.items() if field != "response" or rest}, taken=True)
