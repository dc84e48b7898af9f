"""The lines of a load test as they are read again."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_eval.loadtest import samples
from rag_eval.loadtest.plan import dump_line
from rag_eval.loadtest.samples import ANSWERS, SAMPLES, Note, RequestSample, SampledAnswer

_NUMBERS = st.floats(0, 1e6)
_REQUESTS = st.builds(
    RequestSample,
    at=_NUMBERS,
    seconds=_NUMBERS,
    endpoint=st.text(max_size=10),
    kind=st.sampled_from(["", "timeout", "http_503"]),
    size=st.integers(0, 2**40),
    late=_NUMBERS,
    degraded=st.booleans(),
)


def line(case: str, body: str, asked_at: float = 1.0) -> str:
    """An answer that was kept, as it stands in the file."""
    return dump_line({"case": case, "body": body, "asked_at": asked_at, "seconds": 0.5})


@given(request=_REQUESTS)
def test_a_request_is_read_as_it_was(request: RequestSample) -> None:
    """Every part of it, in its place."""
    assert samples.parse(dump_line(list(request))) == request


def test_a_request_of_an_older_test_was_not_degraded() -> None:
    """A line that ends before that was written down is read all the same."""
    assert samples.parse('[0.5,0.25,"query","",10,0.0]\n') == RequestSample(
        0.5, 0.25, "query", "", 10, 0.0, degraded=False
    )


def test_a_note_is_no_request() -> None:
    """What happened besides is told apart by its form."""
    assert samples.parse('{"what":"users","value":8,"at":1.5}') == Note("users", 8, 1.5)


@pytest.mark.parametrize("text", ['{"what":"users"}', '{"what":"users","value":1,"at":1,"by":2}', "[1.0]"])
def test_a_line_of_another_form_is_refused(text: str) -> None:
    """Neither a lack nor a surplus is made up for."""
    with pytest.raises(TypeError):
        samples.parse(text)


def test_a_line_that_was_cut_is_left_out(tmp_path: Path) -> None:
    """Lines before the last, which a kill has cut, are read; an empty file holds none."""
    whole = '[0.5,0.25,"query","",10,0.0]\n'
    (tmp_path / SAMPLES).write_text(whole + whole + whole[:-5])
    assert len(list(samples.read(tmp_path))) == 2
    (tmp_path / SAMPLES).write_text("")
    assert list(samples.read(tmp_path)) == []


def test_no_answers_were_kept(tmp_path: Path) -> None:
    """A test without a sample has no file of them, or an empty one."""
    assert samples.answers(tmp_path) == []
    (tmp_path / ANSWERS).touch()
    assert samples.answers(tmp_path) == []


def test_of_each_case_the_last_answer_counts(tmp_path: Path) -> None:
    """However often it was asked, and with whatever a text may hold that looks like the end of a line."""
    odd = 'a\nb\r\nc\u2028d\x85e "f" 🦦'
    (tmp_path / ANSWERS).write_text(line("c1", "first") + line("c2", odd) + line("c1", "second", 2.0), encoding="utf-8")
    assert samples.answers(tmp_path) == [SampledAnswer("c1", "second", 2.0, 0.5), SampledAnswer("c2", odd, 1.0, 0.5)]


@pytest.mark.parametrize("cut", range(1, 6))
def test_an_answer_that_was_cut_inside_a_character_is_left_out(tmp_path: Path, cut: int) -> None:
    """A kill does not wait for the end of a character; what stands before it is read."""
    last = line("c2", "otter 🦦").encode().partition("🦦".encode())[0] + "🦦".encode()
    (tmp_path / ANSWERS).write_bytes(line("c1", "é").encode() + last[: len(last) + 1 - cut])
    assert [answer.case for answer in samples.answers(tmp_path)] == ["c1"]


def test_lines_are_compact_and_readable() -> None:
    """One line each, without blanks, letters as they are."""
    text = dump_line({"a": [1, "né\n"]})
    assert text == '{"a":[1,"né\\n"]}\n'
    assert json.loads(text) == {"a": [1, "né\n"]}
