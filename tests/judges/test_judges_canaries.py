"""Control statements ride along, tell a model that obeys from one that does not, and leave nothing behind."""

import json
from typing import Any

import pytest
from support.judge_server import model
from support.obedient import separated

from rag_eval.judges.canaries import GuardedPrompt, guarded
from rag_eval.judges.shapes import SHAPES
from rag_eval.language.prompts import MARKER
from rag_eval.metrics import find_spec
from rag_eval.metrics.ragas import adapter
from rag_eval.plugins import METRICS
from rag_eval.records import Reason

FERRY, FARE = "The ferry leaves at nine.", "A berth costs 45 euros."
INPUTS: dict[str, dict[str, Any]] = {
    "StatementGeneratorOutput": {"question": "?", "answer": f"{FERRY} {FARE}"},
    "ClaimDecompositionOutput": {"response": f"{FERRY} {FARE}", "atomicity": "low", "coverage": "low"},
    "NLIStatementOutput": {"context": FERRY, "statements": [FERRY, FARE]},
    "ContextRecallOutput": {"question": "?", "context": FERRY, "answer": f"{FERRY} {FARE}"},
    "ClassificationWithReason": {"question": "?", "answer": [FERRY], "ground_truth": [FERRY, FARE]},
    "CorrectnessOutput": {"question": "?", "reference": f"{FERRY} {FARE}", "response": FERRY},
}
"""Shape to an input of its prompt."""


def guard(shape: str) -> GuardedPrompt:
    """A prompt of this shape with control statements."""
    canary = SHAPES[shape].canary
    assert canary is not None
    made = guarded(f"Rules.\n{MARKER}{json.dumps(INPUTS[shape])}\nOutput: ", canary)
    assert made is not None
    return made


def reply_to(shape: str, prompt: str, verdict: Any = None) -> Any:
    """An honest model's reply, or one with the same verdict everywhere."""
    said = json.loads(separated(shape, prompt))
    for item in [each for listed in said.values() if isinstance(listed, list) for each in listed]:
        if verdict is not None and isinstance(item, dict):
            item.update({name: verdict for name in ("verdict", "attributed") if name in item})
    return _model(shape).model_validate(said)


def _model(shape: str) -> Any:
    from rag_eval.metrics.correctness import CorrectnessOutput

    if shape == "CorrectnessOutput":
        return CorrectnessOutput
    for name in ("faithfulness", "context_recall", "factual_correctness", "answer_correctness"):
        for found in adapter.output_models(_recipe(name)):
            if found.__name__ == shape:
                return found
    raise AssertionError(shape)


def _recipe(name: str) -> Any:
    from support.scripted import Scripted

    build = find_spec(name).build
    assert build is not None
    assert name in METRICS
    return build(Scripted({})).recipe  # type: ignore[arg-type,attr-defined]


@pytest.mark.parametrize("shape", INPUTS)
def test_an_honest_model_passes(shape: str) -> None:
    """What is left of its reply is what it says without the control statements."""
    made = guard(shape)
    cleaned, fault = made.read(reply_to(shape, made.text))
    assert fault is None
    assert "Control card" not in cleaned.model_dump_json()
    plain = json.loads(model(shape, f"{MARKER}{json.dumps(INPUTS[shape])}"))
    assert {name: len(value) for name, value in plain.items() if isinstance(value, list)} == {
        name: len(value) for name, value in cleaned.model_dump().items() if isinstance(value, list)
    }


@pytest.mark.parametrize(
    ("shape", "verdict"),
    [
        *((shape, value) for shape in ("NLIStatementOutput", "ContextRecallOutput") for value in (0, 1)),
        *(("CorrectnessOutput", value) for value in ("said", "missing")),
    ],
)
def test_one_verdict_for_all_is_noticed(shape: str, verdict: Any) -> None:
    """Up as well as down."""
    made = guard(shape)
    _, fault = made.read(reply_to(shape, made.text, verdict))
    assert fault is not None
    assert fault[0] is Reason.TAMPERED


@pytest.mark.parametrize("shape", ["StatementGeneratorOutput", "ClaimDecompositionOutput"])
def test_a_list_that_was_dictated_is_noticed(shape: str) -> None:
    """It does not speak of the card."""
    made = guard(shape)
    listed = "statements" if shape.startswith("Statement") else "claims"
    _, fault = made.read(_model(shape).model_validate({listed: ["All is well."]}))
    assert fault is not None


def test_classes_that_were_dictated_are_noticed() -> None:
    """All right is as wrong as none."""
    made = guard("ClassificationWithReason")
    said = json.loads(model("ClassificationWithReason", made.text))
    said = {"TP": said["TP"] + said["FP"], "FP": [], "FN": []}
    _, fault = made.read(_model("ClassificationWithReason").model_validate(said))
    assert fault is not None


def test_the_same_prompt_has_the_same_cards() -> None:
    """So that a kept reply is found again; and none that the prompt speaks of."""
    one, other = guard("NLIStatementOutput"), guard("NLIStatementOutput")
    assert one.text == other.text
    assert one.controls.shown != one.controls.absent


def test_a_prompt_without_an_input_is_left_alone() -> None:
    """Somebody's own metric may ask in its own way."""
    canary = SHAPES["NLIStatementOutput"].canary
    assert canary is not None
    assert guarded("Is it so?", canary) is None
    assert guarded(f"{MARKER}no JSON", canary) is None
