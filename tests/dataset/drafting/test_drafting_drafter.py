"""Draft questions by a judge that is scripted: how many, of which kinds, and why there are no more."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from support.scripted import Scripted

from rag_eval.dataset.documents import Document
from rag_eval.dataset.drafting import KINDS, DraftRequest, DraftResult, PassageIndex, draft_questions

SENTENCE = "The keeper of tower {n} winds the clock on day {n} with key {n}."


@pytest.fixture
def index() -> Iterator[PassageIndex]:
    """Twenty documents of two sections."""
    with PassageIndex() as index:
        for _ in index.fill(_document(n) for n in range(20)):
            pass
        yield index


def _document(n: int) -> Document:
    text = (
        f"# Tower {n}\n\n## Clock\n\n{SENTENCE.format(n=n)}\n\n## Bell\n\n1. Bell {n} hangs high.\n2. Ring bell {n}.\n"
    )
    return Document(f"tower-{n}.md", "markdown", "0" * 64, text)


def _good(given: Mapping[str, Any], before: int) -> Mapping[str, Any]:
    """A question about the first sentence of each passage, no two alike."""
    if given["kind"] == "unanswerable":
        return {"question": f"Which emperor paid mason number {before} of tower lot {before}?"}
    quotes = [one["text"].rpartition("\n")[2] for one in given["passages"]]
    return {"question": f"What about thing {before} and matter {before}?", "answer": " ".join(quotes), "quotes": quotes}


def _follows(given: Mapping[str, Any], _: int) -> Mapping[str, Any]:
    return {"verdict": int(given["statement"] in given["context"].replace("\n", " "))}


SAYS: Mapping[str, Any] = {"DraftedQuestion": _good, "FollowsVerdict": _follows, "AnswersVerdict": {"verdict": 0}}


def _draft(index: PassageIndex, says: Mapping[str, Any], **wanted: Any) -> DraftResult:
    return asyncio.run(draft_questions(index, Scripted(says), DraftRequest(**{"questions": 20, **wanted})))


def test_the_number_and_the_mix_that_were_asked_for(index: PassageIndex) -> None:
    """Twenty questions of all kinds, near their shares; pairs rest on two documents; each has its spans."""
    found = _draft(index, SAYS)
    assert len(found.cases) == 20
    kinds = Counter(case.tags[1] for case in found.cases)
    assert set(kinds) == set(KINDS)
    assert kinds["single-fact"] >= 4
    for case in found.cases:
        documents = {span["document"] for span in case.metadata["spans"]}  # type: ignore[index,union-attr,call-overload]
        assert len(documents) == {"multi-hop": 2, "comparison": 2, "unanswerable": 0}.get(case.tags[1], 1)
        assert case.answerable == (case.tags[1] != "unanswerable")
    assert len({case.id for case in found.cases}) == 20


def test_the_same_seed_gives_the_same_and_another_others(index: PassageIndex) -> None:
    """Same index, judge and seed: the same passages are asked of."""
    one, again, other = (_draft(index, SAYS, seed=seed) for seed in (1, 1, 2))
    used = [[case.reference_context_ids for case in found.cases] for found in (one, again, other)]
    assert used[0] == used[1] != used[2]


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        ({"DraftedQuestion": {"question": ""}}, "nothing of this kind to ask"),
        ({"DraftedQuestion": {"question": "?"}}, "no question"),
        ({"DraftedQuestion": {"question": "Which keeper winds the clock?"}}, "no answer"),
        ({"DraftedQuestion": {"question": "Which keeper winds the clock?", "answer": "A."}}, "no quote"),
        (
            {
                "DraftedQuestion": {
                    "question": "Which keeper winds the clock?",
                    "answer": "A.",
                    "quotes": ["nowhere said"],
                }
            },
            "a quote that no passage holds",
        ),
        ({"FollowsVerdict": {"verdict": 0}}, "an answer that its quotes do not bear out"),
        ({"FollowsVerdict": {"verdict": 1}}, "a question that gives its answer away"),
        ({}, "judge: no_script"),
    ],
)
def test_each_failure_has_its_cause(index: PassageIndex, changed: Mapping[str, Any], cause: str) -> None:
    """Nothing is silent: every try is a case or is counted by why it is none."""
    says = {**SAYS, **changed} if changed else {}
    found = _draft(index, says, kinds=("single-fact",))
    assert not found.cases
    assert set(found.causes) == {cause}
    assert found.causes.total() == (24 if cause.startswith("judge") else 140) or found.exhausted


def test_an_unanswerable_question_that_is_answered_is_refused(index: PassageIndex) -> None:
    """Whatever the judge finds answered in one of the nearest passages is no unanswerable question."""
    found = _draft(index, {**SAYS, "AnswersVerdict": {"verdict": 1}}, kinds=("unanswerable",))
    assert set(found.causes) == {"an unanswerable question that a passage answers"}


def test_the_same_question_and_the_same_fact_count_once(index: PassageIndex) -> None:
    """A judge that repeats itself gives one case, and is soon asked no further; no repetition is checked by it."""
    checked = []

    def same(given: Mapping[str, Any], _: int) -> Mapping[str, Any]:
        quote = given["passages"][0]["text"].rpartition("\n")[2]
        return {"question": "Who winds the great clock?", "answer": quote, "quotes": [quote]}

    def follows(given: Mapping[str, Any], _: int) -> Mapping[str, Any]:
        checked.append(given["question"])
        return {"verdict": int(bool(given["question"]))}

    says = {**SAYS, "DraftedQuestion": same, "FollowsVerdict": follows}
    found = _draft(index, says, kinds=("single-fact",))
    assert (len(found.cases), len(checked)) == (1, 2)
    assert set(found.causes) <= {"asked before", "the same fact again"}
    assert 16 <= found.causes.total() < 16 + 8
    free = _draft(index, says, kinds=("single-fact",), most_tries=10_000)
    assert free.exhausted
    assert set(free.causes) == {"asked before", "the same fact again"}


def test_a_question_that_was_refused_may_be_asked_again(index: PassageIndex) -> None:
    """Of another passage, whose quotes may bear its answer out."""
    first: list[str] = []

    def same(given: Mapping[str, Any], _: int) -> Mapping[str, Any]:
        quote = given["passages"][0]["text"].rpartition("\n")[2]
        return {"question": "Who winds the great clock?", "answer": quote, "quotes": [quote]}

    def once(given: Mapping[str, Any], _: int) -> Mapping[str, Any]:
        first.append(given["statement"])
        return {"verdict": int(bool(given["question"]) and given["statement"] != first[0])}

    says = {**SAYS, "DraftedQuestion": same, "FollowsVerdict": once}
    found = _draft(index, says, kinds=("single-fact",))
    assert len(found.cases) == 1
    assert found.causes["an answer that its quotes do not bear out"] == 1


def test_a_kind_that_there_is_not_gives_its_places_away(index: PassageIndex) -> None:
    """With no comparison to be had, the number is met by the other kinds."""

    def uncompared(given: Mapping[str, Any], before: int) -> Mapping[str, Any]:
        return {"question": ""} if given["kind"] == "comparison" else _good(given, before)

    found = _draft(index, {**SAYS, "DraftedQuestion": uncompared})
    assert len(found.cases) == 20
    assert not any("comparison" in case.tags for case in found.cases)
    assert found.causes["nothing of this kind to ask"] > 0


def test_quotes_of_a_pair_stand_in_both_documents(index: PassageIndex) -> None:
    """A multi-hop question that rests on one document is none."""

    def single(given: Mapping[str, Any], before: int) -> Mapping[str, Any]:
        said = dict(_good(given, before))
        return {**said, "quotes": said["quotes"][:1]}

    found = _draft(index, {**SAYS, "DraftedQuestion": single}, kinds=("multi-hop",))
    assert set(found.causes) == {"quotes of one document only"}


@pytest.mark.parametrize("every", [1, 2, 3])
def test_a_model_that_repeats_itself_takes_hardly_more_calls(index: PassageIndex, every: int) -> None:
    """At most 1.3 times those of one that does not, whether each, every second or every third reply is a repetition."""

    def repeating(given: Mapping[str, Any], before: int) -> Mapping[str, Any]:
        return _good(given, 0 if before % every == 0 else before)

    calls = []
    for drafted in (_good, repeating):
        judge = Scripted({**SAYS, "DraftedQuestion": drafted})
        asyncio.run(draft_questions(index, judge, DraftRequest(questions=20)))
        calls.append(len(judge.asked))
    assert calls[1] <= 1.3 * calls[0]


def test_what_is_spent_ends_it(index: PassageIndex) -> None:
    """Before the next round; what is there is kept."""
    judge = Scripted(SAYS)
    wanted = DraftRequest(questions=20, at_a_time=4)
    drafts = asyncio.run(draft_questions(index, judge, wanted, is_spent=lambda: len(judge.asked) > 20))
    assert 4 <= len(drafts.cases) < 20
    assert not drafts.exhausted


@pytest.mark.parametrize(
    ("question", "cause"),
    [
        ("What does this passage say of the clock?", "a question that speaks of its passage"),
        ("According to the text, who winds the clock?", "a question that speaks of its passage"),
        ("Who winds the clock mentioned in the document?", "a question that speaks of its passage"),
        ("Wer stellt laut diesem Text die Uhr?", "a question that speaks of its passage"),
        ("Quel gardien remonte la tour dans ce texte ?", "a question that speaks of its passage"),
        (
            "Wer stellt die Uhr auf dem Turm und mit welchem Schlüssel ist das?",
            "a question in another language than its passages",
        ),
        ("谁在塔楼里上发条？钥匙在哪里？", "a question in another language than its passages"),
    ],
)
def test_a_question_stands_by_itself_in_the_language_of_its_pages(
    index: PassageIndex, question: str, cause: str
) -> None:
    """Whatever the model was told."""

    def drafted(given: Mapping[str, Any], _: int) -> Mapping[str, Any]:
        quote = given["passages"][0]["text"].rpartition("\n")[2]
        return {"question": question, "answer": quote, "quotes": [quote]}

    found = _draft(index, {**SAYS, "DraftedQuestion": drafted}, kinds=("single-fact",), questions=1)
    assert set(found.causes) == {cause}
    assert found.by_kind == {"single-fact": found.causes}
