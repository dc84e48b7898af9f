"""Every dialect is declared once, in a module of its own or in somebody else's package."""

import json
from pathlib import Path

import pytest
from support import packages

from rag_eval import traces
from rag_eval.errors import ConfigError
from rag_eval.plugins import DIALECTS
from rag_eval.targets.replay.inspection import inspect
from rag_eval.traces.dialect import Dialect
from rag_eval.traces.dialects import catalogue

QUESTION = "When does the harbour office open?"
ANSWER = "At eight."
ACME = '''
"""How Acme's gateway writes its traces."""

from rag_eval.traces.dialect import AttributeNames, CaptureAdvice, Dialect
from rag_eval.traces.span import RetrievedDocument, TraceSpan


def recognised(value):
    return "acme" in value


def read(value):
    call = value["acme"]
    passages = tuple(RetrievedDocument(text=text, id=key) for key, text in call.get("passages", {}).items())
    yield call["id"], TraceSpan(
        dialect="acme", trace_id=call["id"], question=call["asked"], answer=call.get("answered"),
        documents=passages or None,
    )


def describe(attributes, events):
    return {"question": attributes["acme.asked"], "answer": "told"} if "acme.asked" in attributes else {}


DIALECT = Dialect(
    name="acme",
    advice=CaptureAdvice(response="set ACME_ANSWERS=1", contexts="set ACME_PASSAGES=1"),
    recognised=recognised,
    read=read,
    names=AttributeNames(prefixes=("acme.",)),
    describe=describe,
)
'''


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for captures, while the package of Acme's dialect is installed."""
    packages.install(tmp_path, monkeypatch, "acme_traces", ACME, {"rag_eval.readers": {"acme": "acme_traces:DIALECT"}})
    folder = tmp_path / "captures"
    folder.mkdir()
    return folder


def _write(folder: Path, *values: object) -> str:
    path = folder / "calls.jsonl"
    path.write_text("".join(f"{json.dumps(value)}\n" for value in values), encoding="utf-8")
    return str(path)


def test_a_dialect_of_another_package_is_one_file(acme: Path) -> None:
    """Its objects are recognised, read and told apart from ours, and nothing of ours knows of it."""
    call = {"id": "t-1", "asked": QUESTION, "answered": ANSWER, "passages": {"doc-1": "It opens at 8."}}
    path = _write(acme, {"acme": call}, {"question": "Is this a row?", "answer": "Yes."})
    first, second = traces.read(path)
    assert isinstance(first, traces.Exchange)
    assert (first.dialect, first.trace_id, first.question, first.response) == ("acme", "t-1", QUESTION, ANSWER)
    assert (first.contexts, first.context_ids) == (("It opens at 8.",), ("doc-1",))
    assert isinstance(second, traces.Exchange)
    assert second.dialect == "jsonl"
    assert traces.sniff(path) == "acme"


def test_its_attributes_are_read_from_spans_of_any_exporter(acme: Path) -> None:
    """A span of OTLP with names that only this dialect knows is one of it."""
    attributes = [{"key": "acme.asked", "value": {"stringValue": QUESTION}}]
    span = {"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "attributes": attributes}
    (exchange,) = traces.read(_write(acme, {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}))
    assert isinstance(exchange, traces.Exchange)
    assert (exchange.dialect, exchange.question, exchange.response) == ("acme", QUESTION, "told")


def test_its_advice_is_given_where_something_is_missing(acme: Path) -> None:
    """`traces inspect` says what to switch on, in the words of the package."""
    inspection = inspect(_write(acme, {"acme": {"id": "t-1", "asked": QUESTION}}), {})
    assert inspection.dialects == {"acme": 1}
    assert set(inspection.advice) == {
        "1 of 1 acme exchanges have no answer: set ACME_ANSWERS=1",
        "1 of 1 acme exchanges have no contexts: set ACME_PASSAGES=1",
    }


def test_without_the_package_its_files_are_rows_that_say_nothing(tmp_path: Path) -> None:
    """What nobody recognises is skipped with a reason."""
    (skipped,) = traces.read(_write(tmp_path, {"acme": {"id": "t-1", "asked": QUESTION}}))
    assert isinstance(skipped, traces.SkippedTrace)
    assert skipped.reason == "not_a_trace"


@pytest.mark.parametrize("part", ["acme_words:WORD", "acme_words:OTHER"])
def test_what_is_no_dialect_of_that_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    """An entry point names a `Dialect` that is called like the entry point."""
    source = ACME.replace('name="acme"', 'name="other"') + '\nWORD = "acme"\nOTHER = DIALECT\n'
    packages.install(tmp_path, monkeypatch, "acme_words", source, {"rag_eval.readers": {f"bad-{part[-4:]}": part}})
    with pytest.raises(ConfigError, match=r"must name a .*Dialect of that name"):
        catalogue.installed()


@pytest.mark.parametrize("name", DIALECTS.builtin)
def test_each_of_our_own_is_called_as_it_is_listed(name: str) -> None:
    """And is declared whole: it is recognised, describes attributes, or reads rows."""
    dialect = catalogue.by_name(name)
    assert isinstance(dialect, Dialect)
    assert dialect.name == name
    assert dialect.advice.response
    assert dialect.advice.contexts


def test_a_dialect_that_is_not_there_is_named_with_those_that_are() -> None:
    """A slip of the finger is told what was meant."""
    with pytest.raises(ConfigError, match="Did you mean openinference"):
        catalogue.by_name("openinferance")
