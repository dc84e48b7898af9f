"""A judge of somebody else's: `judge: {kind: custom, use: "ferries_judge:judge"}`, as rag-eval 0.1.0 asked for it."""

import json
from typing import Any


class Ferries:
    """Splits an answer at its full stops, and believes a statement that stands in the context word for word."""

    async def reply(self, prompt: str, shape: type[Any], draw: str = "") -> Any:
        """Answer a prompt of RAGAs' faithfulness, or say that an answer does not refuse."""
        start = prompt.rindex("{", 0, prompt.rindex("\nOutput"))
        asked = json.loads(prompt[start : prompt.rindex("}") + 1])
        if "statements" in asked:
            verdicts = [
                {"statement": text, "reason": "word for word", "verdict": int(text in asked["context"])}
                for text in asked["statements"]
            ]
            return shape.model_validate({"statements": verdicts})
        if "response" in asked:
            return shape.model_validate({"question": "What does it cost?", "noncommittal": 0})
        return shape.model_validate({"statements": [f"{text.strip(' .')}." for text in asked["answer"].split(". ")]})


def judge() -> Ferries:
    """Make it."""
    return Ferries()
