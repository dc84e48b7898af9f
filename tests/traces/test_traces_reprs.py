"""What Python prints of its values: literals are read, objects are neither questions nor answers."""

from typing import Any

import pytest

from rag_eval.traces import jsontext, reprs

OBJECTS = (
    "<generator object>",
    "<generator object answer at 0x7f3a>",
    "<async_generator object stream at 0x7f3a>",
    "<openai.Stream object at 0x7f3a>",
    "<NodeWithScore(node=TextNode(id_=d3), score=0.6)>",
    "AgentWorkflowStartEvent()",
    "Document(id=d3, content: 'It opens.', meta: {'file': 'd3.md'}, score: 2.6)",
    "StopEvent(result=AgentOutput(response=ChatMessage(role=<MessageRole.ASSISTANT: 'assistant'>, blocks=[Text...",
    "ChatMessage(_role=<ChatRole.USER: 'user'>, _content=[TextContent(text='Who?')])",
)
WORDS = ("Who?", "Python (3) is fine.", "<b>Who?</b>", "f(x) = 3", "NASA (founded 1958)", "Well (a=b) …", "Yes", "<3")


@pytest.mark.parametrize("text", OBJECTS)
def test_what_is_printed_of_an_object_is_known(text: str) -> None:
    """Also anywhere inside a value."""
    assert reprs.is_object(text)
    assert reprs.within({"a": [text]})


@pytest.mark.parametrize("text", WORDS)
def test_what_people_write_is_no_object(text: str) -> None:
    """Brackets alone tell nothing."""
    assert not reprs.is_object(text)
    assert not reprs.within([{"a": text}, 1])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{'question': 'Who?', 'k': (1, None)}", {"question": "Who?", "k": [1, None]}),
        ("[{'document.content': 'A', 'document.score': 0.9}]", [{"document.content": "A", "document.score": 0.9}]),
        ("{'at': datetime.now()}", "{'at': datetime.now()}"),
        ("{not a literal}", "{not a literal}"),
    ],
)
def test_literals_are_values_and_other_texts_stay(text: str, value: Any) -> None:
    """As JSON in a text is."""
    assert jsontext.within(text) == value


def test_a_printed_message_has_its_words() -> None:
    """LangChain's messages print as their fields."""
    assert reprs.message("content='It\\'s \"open\".' additional_kwargs={} id='1'") == 'It\'s "open".'
    assert reprs.message("content= is king") is None
