"""A pipeline of Haystack's, instrumented by OpenInference."""

import os

os.environ |= {"OPENAI_API_KEY": "x", "HAYSTACK_TELEMETRY_ENABLED": "false"}

import hotel
from haystack import Document, Pipeline, component
from haystack.components.builders import ChatPromptBuilder
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.dataclasses import ChatMessage
from openinference.instrumentation.haystack import HaystackInstrumentor

HaystackInstrumentor().instrument(tracer_provider=hotel.tracing())


@component
class HotelRetriever:
    """Finds passages."""

    @component.output_types(documents=list[Document])
    def run(self, query: str) -> dict[str, list[Document]]:
        return {"documents": [Document(id=key, content=hotel.PASSAGES[key]) for key in hotel.search(query)]}


template = [
    ChatMessage.from_user("Passages:\n{% for d in documents %}{{d.content}}\n{% endfor %}\nQuestion: {{question}}")
]
pipeline = Pipeline()
pipeline.add_component("retriever", HotelRetriever())
pipeline.add_component("prompt", ChatPromptBuilder(template=template, required_variables="*"))
pipeline.add_component("llm", OpenAIChatGenerator(model="m", api_base_url=hotel.model_url(), max_retries=0))
pipeline.connect("retriever.documents", "prompt.documents")
pipeline.connect("prompt.prompt", "llm.messages")


def ask(question: str) -> None:
    """Run the pipeline, and have the retriever's passages returned too."""
    data = {"retriever": {"query": question}, "prompt": {"question": question}}
    pipeline.run(data, include_outputs_from={"retriever"})


hotel.ask_all(ask)
