"""JSON that production wrote is read whatever slipped into it."""

from pathlib import Path

from rag_eval import traces


def test_half_a_surrogate_and_a_nan_do_no_harm(tmp_path: Path) -> None:
    """JSON can spell both, nothing else can hold them."""
    path = tmp_path / "t.jsonl"
    path.write_text('{"question": "Who \\ud800?", "answer": "Me.", "latency_s": NaN}\n')
    (found,) = traces.read(str(path))
    assert isinstance(found, traces.Exchange)
    assert (found.question, found.latency_s) == ("Who ??", None)
