"""A chain of LangChain's, instrumented by OpenInference, or by OpenLLMetry where that is asked for."""

import os
from collections.abc import Iterator
from typing import Any

import hotel
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.documents import Document
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnablePassthrough

provider = hotel.tracing()
if os.environ.get("CLIENT") == "openllmetry":
    from opentelemetry.instrumentation.langchain import LangchainInstrumentor as Instrumentor
else:
    from openinference.instrumentation.langchain import LangChainInstrumentor as Instrumentor
Instrumentor().instrument(tracer_provider=provider)


class Retriever(BaseRetriever):
    """Finds passages."""

    def _get_relevant_documents(self, query: str, *, run_manager: Any) -> list[Document]:
        return [Document(id=key, page_content=hotel.PASSAGES[key]) for key in hotel.search(query)]


class Model(BaseChatModel):
    """Says what the model says."""

    @property
    def _llm_type(self) -> str:
        return "hotel"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: Any = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **_: Any,
    ) -> ChatResult:
        counted = {"input_tokens": 40, "output_tokens": 9, "total_tokens": 49}
        spoken = AIMessage(hotel.reply(str(messages[-1].content)), usage_metadata=counted)
        return ChatResult(generations=[ChatGeneration(message=spoken)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: Any = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **_: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for word in hotel.reply(str(messages[-1].content)).split(" "):
            chunk = ChatGenerationChunk(message=AIMessageChunk(content=f" {word}"))
            if run_manager:
                run_manager.on_llm_new_token(word, chunk=chunk)
            yield chunk


template = ChatPromptTemplate.from_messages([
    ("system", "You answer."), ("human", "Passages:\n{context}\n\nQuestion: {question}"),
])  # fmt: skip
joined = Retriever() | (lambda found: "\n".join(each.page_content for each in found))
chain = {"context": joined, "question": RunnablePassthrough()} | template | Model() | StrOutputParser()


def ask(question: str) -> None:
    """Ask the chain, and stream what is to be streamed."""
    config = {"metadata": {"session_id": "s1"}}
    if question == hotel.STREAMED:
        list(chain.stream(question, config=config))
    else:
        chain.invoke(question, config=config)


hotel.ask_all(ask)
