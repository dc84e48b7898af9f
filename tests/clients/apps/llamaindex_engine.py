"""A query engine of LlamaIndex', instrumented by OpenInference."""

from collections.abc import Iterator
from typing import Any

import hotel
from llama_index.core import PromptTemplate, get_response_synthesizer
from llama_index.core.llms import CompletionResponse, CustomLLM, LLMMetadata
from llama_index.core.llms.callbacks import llm_completion_callback
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from openinference.instrumentation.llama_index import LlamaIndexInstrumentor

LlamaIndexInstrumentor().instrument(tracer_provider=hotel.tracing())


class Retriever(BaseRetriever):
    """Finds passages."""

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        keys = hotel.search(query_bundle.query_str)
        return [NodeWithScore(node=TextNode(id_=key, text=hotel.PASSAGES[key]), score=0.5) for key in keys]


class Model(CustomLLM):
    """Says what the model says."""

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name="hotel")

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponse:
        return CompletionResponse(text=hotel.reply(prompt))

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **_: Any) -> Iterator[CompletionResponse]:
        def pieces() -> Iterator[CompletionResponse]:
            text = ""
            for word in hotel.reply(prompt).split(" "):
                text = f"{text} {word}".strip()
                yield CompletionResponse(text=text, delta=f" {word}")

        return pieces()


def ask(question: str) -> None:
    """Ask an engine, and stream what is to be streamed."""
    template = PromptTemplate("Passages:\n{context_str}\n\nQuestion: {query_str}")
    streaming = question == hotel.STREAMED
    synthesizer = get_response_synthesizer(llm=Model(), text_qa_template=template, streaming=streaming)
    response = RetrieverQueryEngine(Retriever(), response_synthesizer=synthesizer).query(question)
    if streaming:
        list(response.response_gen)


hotel.ask_all(ask)
