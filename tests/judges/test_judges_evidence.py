"""What a reply says becomes verdicts, with whose statements they are."""

from types import SimpleNamespace as Item

from rag_eval.judges import evidence
from rag_eval.records import Verdict


def test_verdicts_and_attributions_keep_statement_reason_and_grade() -> None:
    """A judge that does not grade leaves support and evidence open."""
    plain = Item(statement="a", verdict=1, reason="r")
    graded = Item(statement="b", verdict=0, reason="s", support=0.25, evidence="c")
    assert evidence.of_verdicts(Item(statements=[plain, graded]), "response") == [
        Verdict(part="response", statement="a", verdict=1, reason="r"),
        Verdict(part="response", statement="b", verdict=0, reason="s", support=0.25, evidence="c"),
    ]
    held = Item(statement="a", attributed=1, reason="r")
    assert evidence.of_attributions(Item(classifications=[held]), "reference") == [
        Verdict(part="reference", statement="a", verdict=1, reason="r")
    ]


def test_classes_are_right_wrong_and_left_out() -> None:
    """What is left out is a statement of the reference."""
    tp, fp, fn = (Item(statement=name, reason="r") for name in ("tp", "fp", "fn"))
    found = evidence.of_classes(Item(TP=[tp], FP=[fp], FN=[fn]), "1")
    assert [(v.part, v.statement, v.verdict) for v in found] == [
        ("response", "tp", 1),
        ("response", "fp", 0),
        ("reference", "fn", 0),
    ]


def test_a_context_is_named_by_its_place() -> None:
    """The part is its number."""
    [verdict] = evidence.of_context(Item(verdict=0, reason="r"), "3")
    assert (verdict.part, verdict.statement, verdict.verdict) == ("context", "context 3", 0)


def test_a_question_is_good_where_the_answer_commits_itself() -> None:
    """Else it says why not."""
    [committal] = evidence.of_question(Item(question="When?", noncommittal=0), "1")
    [noncommittal] = evidence.of_question(Item(question="When?", noncommittal=1), "1")
    assert (committal.statement, committal.verdict, committal.reason) == ("would answer: When?", 1, "")
    assert (noncommittal.verdict, "noncommittal" in noncommittal.reason) == (0, True)


def test_a_list_of_statements_judges_nothing() -> None:
    """It is no evidence by itself."""
    assert evidence.nothing(Item(statements=["a"]), "1") == []
