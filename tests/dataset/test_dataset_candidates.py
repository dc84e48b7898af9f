"""What stands beside a question is kept on disk, and comes back by its place."""

from rag_eval.dataset.candidates import CandidateFile
from rag_eval.traces import Exchange


def test_what_is_put_comes_back_in_any_order() -> None:
    """Also between two that are put; passages that are not known are told from none."""
    first = Exchange("f", 1, "jsonl", "t", "Who?", response="Me “there”.", contexts=("A.",), context_ids=("a",))
    second = Exchange("f", 2, "jsonl", None, "Where?", contexts=(), feedback="bad", confidence=0.2)
    with CandidateFile() as kept:
        places = [kept.put(first)]
        assert kept.get(places[0])["response"] == "Me “there”."
        places.append(kept.put(second))
        one, two = (kept.get(place) for place in places)
    assert (one["retrieved_contexts"], one["retrieved_context_ids"], one["trace_id"]) == (["A."], ["a"], "t")
    assert (two["retrieved_contexts"], two["retrieved_context_ids"], two["response"]) == ([], None, None)
    assert (two["feedback"], two["confidence"]) == ("bad", 0.2)
