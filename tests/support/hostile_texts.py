"""Texts that were made to keep a reader busy, and everything that reads texts of others: a new reader is one line."""

import io
import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from pydantic import BaseModel

from rag_eval import config, configfile, gates, masking, printable
from rag_eval.config import matrix
from rag_eval.curation import wordwise
from rag_eval.dataset.checks.contradictions import _read as read_statements
from rag_eval.dataset.checks.wording import _lexical, _unfinished
from rag_eval.dataset.documents import chunks, decoding, html
from rag_eval.dataset.documents.document import Document, UnreadableError
from rag_eval.dataset.mapping import mapping
from rag_eval.dataset.masking import Masker
from rag_eval.dataset.review import spreadsheet, spreadsheet_cells
from rag_eval.errors import RagEvalError
from rag_eval.judges import faults, shapes
from rag_eval.judges.assertions import assertions
from rag_eval.judges.coverage import left_out
from rag_eval.judges.embedded import embedder
from rag_eval.judges.openai import replies
from rag_eval.judges.openai.completion import Completion
from rag_eval.language import (
    prompts,
    quantities,
    refusals,
    repetition,
    sentences,
    similarity,
    spans,
    suspicion,
    thinking,
    words,
)
from rag_eval.records import Case
from rag_eval.reports import fitting, markdown
from rag_eval.resilience import retry_after
from rag_eval.targets import templates
from rag_eval.targets.http import paths, signs, stream_text
from rag_eval.telemetry import logs
from rag_eval.traces import jsontext, message_text, passages
from rag_eval.traces.reading import json_lines

_FEW = "The ferry leaves at nine. A berth costs 45 euros, and the office is open until noon."


class _Anything(BaseModel):
    a: int


def _unit(sign: str) -> Callable[[int], str]:
    return lambda size: sign * (size // len(sign))


WALLS: Final[Mapping[str, Callable[[int], str]]] = {
    "blanks": lambda size: f"a{' ' * size}b",
    "lines": lambda size: f"a.{chr(10) * size}b",
    "tabs and lines": _unit("\t\n"),
    "letters": _unit("a"),
    "digits": _unit("1"),
    "capitals": _unit("A "),
    "words": lambda size: " ".join(f"w{number}x" for number in range(size // 8)),
    "sentences": lambda size: " ".join(f"Sentence {number} is short." for number in range(size // 24)),
    "names": lambda size: " ".join(f"Anna{number} Berg" for number in range(size // 14)),
    "numbers": _unit("1,"),
    "figures": _unit(".1"),
    "amounts": _unit("5 km "),
    "numerals": _unit("一"),
    "months": _unit("1 May "),
    "commas": _unit("a, "),
    "semicolons": _unit("a; "),
    "clauses": _unit("he was, and it is, "),
    "negations": _unit("is not "),
    "dots": _unit("."),
    "stops": _unit("A. "),
    "ellipses": _unit("… "),
    "dashes": _unit("- "),
    "items": _unit("\n- a"),
    "rules": _unit("-"),
    "rows": _unit("|a|b|\n"),
    "bars": _unit("|"),
    "headings": _unit("# a\n"),
    "quotes": _unit('"'),
    "ticks": _unit("`a"),
    "fences": _unit("~~~a\n"),
    "tildes": _unit("~"),
    "round": _unit("("),
    "square": _unit("["),
    "curly": _unit("{"),
    "double curly": _unit("{{ "),
    "angles": _unit("<"),
    "closed angles": _unit(">"),
    "links": _unit("[a](http://b"),
    "in brackets": _unit("(https://a"),
    "tags": _unit("<b>"),
    "tables": _unit("<table><tr><td>"),
    "cells": _unit("<tr><td>x"),
    "forms": _unit("<form>x"),
    "thoughts": _unit("<think>"),
    "objects": _unit('{"a":'),
    "lists": lambda size: "[" * (size // 2) + "]" * (size // 2),
    "backslashes": _unit("\\"),
    "addresses": _unit("a@b."),
    "schemes": _unit("://a"),
    "variables": _unit("${A:-"),
    "passwords": lambda size: f"password is{' ' * size}",
    "percents": _unit("%2"),
    "accents": _unit("e\u0301"),
    "controls": _unit("\x1b["),
    "aliases": _unit("a: &a [*a]\n"),
}
"""Name to a text of about a size."""


_NUMBERS = itertools.count()


def _case(text: str, context: str = _FEW) -> Case:
    return Case(id="x", user_input=text or "?", reference=text, reference_contexts=(context,))


def _filled(shape: str, **fields: str) -> Callable[[str], object]:
    """The embedded judge where each field is a text of few words or, for a `*`, the wall."""
    heuristic = shapes.SHAPES[shape].heuristic
    assert heuristic is not None

    def fill(text: str) -> object:
        wall = f"{next(_NUMBERS)} {text}"  # another text each time: what was read before is remembered
        given = {name: wall if value == "*" else value for name, value in fields.items()}
        return heuristic(prompts.read_input(prompts.MARKER + json.dumps(given)))

    return fill


def _events(text: str) -> object:
    size = max(1, len(text) // 200)
    return stream_text.join_pieces([stream_text.Piece(text[at : at + size]) for at in range(0, len(text), size)])


def _values(text: str) -> Iterator[Any]:
    yield from json_lines.read(io.BufferedReader(io.BytesIO(text.encode())))


def _json(text: str) -> object:
    with suppress(RecursionError):  # as it says
        return jsontext.loads(text)
    return None


READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "config.expand": lambda text: config.expand(text, {"A": "x"}),
    "config.matrix": matrix.path,
    "configfile": lambda text: configfile.parse(text, "x.yaml"),
    "configfile, a value": lambda text: configfile.parse(f"name: {json.dumps(text)}", "x.yaml"),
    "curation.objection": lambda text: wordwise.objection(_FEW, [text], "?"),
    "curation.objection to a wall": lambda text: wordwise.objection(text, [_FEW], "?"),
    "dataset.checks.statements": read_statements.__wrapped__,
    "dataset.checks.copied": lambda text: [*_lexical(_case(text, text))],
    "dataset.checks.unfinished": lambda text: [*_unfinished(_case(text))],
    "dataset.chunks": lambda text: [*chunks.chunks(Document("x", "markdown", "", text))],
    "dataset.decoding": lambda text: decoding.decode(text.encode(), html=True),
    "dataset.html": html.read,
    "dataset.mapping": lambda text: mapping({"user_input": text}),
    "dataset.masking": lambda text: Masker().mask(text),
    "dataset.spreadsheet": spreadsheet._parts,
    "dataset.spreadsheet_cells": spreadsheet_cells.quoted,
    "gates": gates.parse,
    "judges.assertions": assertions,
    "judges.left_out": lambda text: left_out(assertions(text), [text], text),
    "judges.left_out of others": lambda text: left_out(assertions(text), [_FEW], text),
    "judges.same": lambda text: faults._statement_mismatch([text], [text + "x"]),
    "judges.embedder": embedder.vector,
    "judges.openai": lambda text: replies.parsed(Completion(text, None, None, 0, 0), _Anything),
    "embedded.statements": _filled("StatementGeneratorOutput", answer="*"),
    "embedded.claims": _filled("ClaimDecompositionOutput", response="*"),
    "embedded.attributions": _filled("ContextRecallOutput", answer=_FEW, context="*"),
    "embedded.usefulness": _filled("ContextPrecisionOutput", question=_FEW, answer=_FEW, context="*"),
    "embedded.relevance": _filled("AnswerRelevanceOutput", response="*"),
    "embedded.correctness": _filled("CorrectnessOutput", question=_FEW, reference=_FEW, response="*"),
    "embedded.entities": _filled("EntitiesList", text="*"),
    "embedded.accuracy": _filled("AnswerAccuracyOutput", query=_FEW, user_answer="*", reference_answer=_FEW),
    "embedded.groundedness": _filled("ResponseGroundednessOutput", response=_FEW, context="*"),
    "embedded.context_relevance": _filled("ContextRelevanceOutput", user_input=_FEW, context="*"),
    "embedded.follows": _filled("FollowsVerdict", question=_FEW, statement=_FEW, context="*"),
    "embedded.answers": _filled("AnswersVerdict", question=_FEW, passage="*"),
    "language.cut_walls": repetition.cut_walls,
    "language.printable": printable.printable,
    "language.quantities": quantities.quantities,
    "language.refusal": refusals.refusal,
    "language.sentences": sentences.sentences,
    "language.shorten": sentences.shorten,
    "language.gist": similarity.gist.__wrapped__,
    "language.spans": spans.sentence_spans,
    "language.suspicion": lambda text: suspicion.suspicions.__wrapped__(text + _FEW[: next(_NUMBERS) % 40]),
    "language.tokens": lambda text: [words.terms(token) for token in words.tokens(text)],
    "reports.wrapped": lambda text: fitting.wrapped(text, 80, 2),
    "reports.cell": markdown.cell,
    "reports.code": markdown.code,
    "resilience.retry_after": retry_after,
    "masking": lambda text: masking.mask(text, {"a secret of somebody", "another"}, 6),
    "targets.paths": lambda text: paths.search(paths.path_of(text, "x"), {"a": {"a": []}}, "x"),
    "targets.signs": lambda text: signs.stopped(signs.event("", {"error": text, "message": text})),
    "targets.stream": _events,
    "targets.templates": lambda text: templates.compile_text(text, "x", {"A": "x"}),
    "language.thinking": thinking.without,
    "telemetry.logs": lambda text: logs._masked(None, "", text),
    "traces.json": _json,
    "traces.lines": lambda text: [*_values(text)],
    "traces.messages": lambda text: (message_text.question(text), message_text.answer(text)),
    "traces.marked": message_text.marked_question,
    "traces.passages": passages.documents,
}
"""What reads a text, by name."""


def read(reader: str, text: str) -> None:
    """Let a reader read a text; that it refuses one is as good as reading it."""
    with suppress(RagEvalError, UnreadableError, ValueError):
        READERS[reader](text)
