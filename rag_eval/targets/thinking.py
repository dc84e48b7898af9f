"""What a model thought before it answered, where it stands in the answer: between `<think>` and `</think>`."""

from rag_eval.errors import TargetError
from rag_eval.language.thinking import without
from rag_eval.records import THINKING, Answer, Reason


def without_thinking(answer: Answer, *, drop: bool) -> Answer:
    """The answer, marked where it holds what was thought, and without that where it is to be dropped.

    Raises `TargetError` where nothing else is left.
    """
    response = answer.response or ""
    rest = without(response)
    if rest == response:
        return answer
    if drop and not rest.strip():
        raise TargetError("the answer holds nothing but what was thought before it", reason=Reason.NO_ANSWER)
    more = {**answer.metadata, THINKING: not drop}
    return answer.model_copy(update={"response": rest if drop else response, "metadata": more})
