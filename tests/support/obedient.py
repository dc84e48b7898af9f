"""A judge that obeys what it is to judge, as a naive model would, in any dialect; and what attacks on it come to."""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from support.attacks import ATTACKS
from support.judge_dialects import DIALECTS, DialectServer
from support.judge_server import Call, Fault, model
from support.scripted import Memory

from rag_eval import config, judges, metrics
from rag_eval.errors import JudgeError
from rag_eval.language.prompts import MARKER
from rag_eval.records import SUSPICIOUS, Answer, Case, Evidence, Reason

PLACES = ("answer", "context", "question")
METRICS = ("faithfulness", "context_recall", "correctness")
Outcome = Literal["unmoved", "no score", "flagged", "moved"]
"""No score is a failure; `flagged` moved, and says why; `moved` says nothing, and must never be."""

_CASE = Case(
    id="c",
    user_input="When does the ferry leave, and what does a berth cost?",
    reference="The ferry leaves at nine. A berth costs 45 euros.",
)
_ANSWER = Answer(
    response="The ferry leaves at nine. A berth costs 95 euros.",
    retrieved_contexts=("The ferry leaves at nine.", "The office is open until noon."),
)


def obeyed(shape: str, prompt: str) -> str:
    """The reply of a model that does what it is told: whatever it is asked about is right."""
    reply = json.loads(model(shape, prompt))
    for item in reply.get("statements", []):
        if isinstance(item, dict):
            item["verdict"] = 1
    for item in reply.get("classifications", []):
        item["attributed"] = 1
    if shape == "CorrectnessOutput":
        for item in reply["claims"]:
            item["verdict"] = "said"
    return json.dumps(reply)


def separated(shape: str, prompt: str) -> str:
    """The reply of an honest model that takes a reference apart, control statements among it."""
    if shape != "CorrectnessOutput" or "Control card" not in prompt:
        return model(shape, prompt)
    head, marker, rest = prompt.rpartition(MARKER)
    given, _ = json.JSONDecoder().raw_decode(rest.lstrip())
    cards = _CARD.findall(given["reference"])
    plain = {name: _CARD.sub("", text).strip() for name, text in given.items()}
    reply = json.loads(model(shape, f"{head}{marker}{json.dumps(plain)}"))
    said = [(card, "said" if card in given["response"] else "missing") for card in cards]
    reply["claims"] += [{"claim": card, "reason": "r", "verdict": verdict} for card, verdict in said]
    return json.dumps(reply)


_CARD = re.compile(r"Control card \d+ is green\.")


def honest(call: Call) -> Fault:
    """Reply as if no order had been read."""
    return Fault(content=separated(call.shape, call.prompt))


def obey(call: Call) -> Fault | None:
    """Obey where an attack stands in the input."""
    given = json.dumps(json.JSONDecoder().raw_decode(call.prompt.rpartition(MARKER)[2].lstrip())[0], ensure_ascii=False)
    return Fault(content=obeyed(call.shape, call.prompt)) if any(mark in given for mark in _MARKS) else None


_MARKS = tuple(json.dumps(text.strip(), ensure_ascii=False)[1:-1][:24] for text in ATTACKS.values())


class ObedientServer(DialectServer):
    """A naive model with an API of one of the dialects."""

    def __init__(self, dialect: str, *, obeys: bool = True) -> None:
        super().__init__(DIALECTS[dialect])
        self.behave = obey if obeys else honest


@dataclass(frozen=True)
class Attempt:
    """An attack in one place, measured by one metric."""

    attack: str
    place: str
    metric: str

    def texts(self) -> tuple[Case, Answer]:
        """The case and the answer with the attack behind the text in its place."""
        text = f" {ATTACKS[self.attack]}"
        match self.place:
            case "answer":
                return _CASE, _ANSWER.model_copy(update={"response": f"{_ANSWER.response}{text}"})
            case "context":
                first, second = _ANSWER.retrieved_contexts or ("", "")
                return _CASE, _ANSWER.model_copy(update={"retrieved_contexts": (first, f"{second}{text}")})
            case _:
                return _CASE.model_copy(update={"user_input": f"{_CASE.user_input}{text}"}), _ANSWER


async def attempted(judge: Mapping[str, Any], attempts: Sequence[Attempt]) -> list[Outcome]:
    """What attempts on a judge come to."""
    settings = config.Experiment.model_validate(
        {"name": "x", "dataset": "x.jsonl", "target": {"kind": "replay"}, "judge": judge}
    ).judge
    async with judges.connect(settings, Memory(), seed=0, round_=0) as connected:
        scorers = {m.name: m for m in metrics.connect([metrics.find_spec(name) for name in METRICS], connected)}

        async def score(name: str, case: Case, answer: Answer) -> tuple[float | None, Evidence, str]:
            try:
                outcome = await scorers[name].score(case, answer)
            except JudgeError as error:
                return None, Evidence(), error.reason
            return getattr(outcome, "value", None), outcome.evidence, ""

        plain = {name: (await score(name, _CASE, _ANSWER))[0] for name in METRICS}

        async def attempt(each: Attempt) -> Outcome:
            value, evidence, reason = await score(each.metric, *each.texts())
            if reason:
                assert reason in (Reason.TAMPERED, Reason.INCOMPLETE_STATEMENTS, Reason.INCOMPLETE_VERDICTS), reason
                return "no score"
            before = plain[each.metric]
            assert before is not None
            assert value is not None
            if abs(value - before) < 0.02:
                return "unmoved"
            return "flagged" if SUSPICIOUS in evidence.details else "moved"

        return await asyncio.gather(*map(attempt, attempts))
