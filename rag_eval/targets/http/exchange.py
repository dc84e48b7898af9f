"""What a service is asked and how its answers are read, without a connection: for whoever sends by other means."""

import httpx2

from rag_eval.errors import ConfigError, ReasonedError, TargetError
from rag_eval.masking import mask
from rag_eval.records import Answer, Case, Reason
from rag_eval.targets.http.config import HttpConfig
from rag_eval.targets.http.credentials import Credentials
from rag_eval.targets.http.extraction import ResponseExtractor, Timing
from rag_eval.targets.http.masking import SHORTEST_TOKEN
from rag_eval.targets.http.request import RequestBuilder
from rag_eval.targets.http.stream import whole
from rag_eval.targets.http.tokens import TokenRequest


class HttpExchange:
    """Requests of one service, and answers out of bodies that are there as a whole."""

    def __init__(self, config: HttpConfig) -> None:
        """Compile all that can be wrong; raises `ConfigError`."""
        if config.poll is not None:
            raise ConfigError(
                "target.poll: whoever sends by other means, such as a load test, waits for no later answer"
            )
        self.config = config
        self._builder = RequestBuilder(config)
        self._extractor = ResponseExtractor(config.select)
        self._client = httpx2.AsyncClient(transport=httpx2.AsyncBaseTransport())  # builds requests and sends none

    def request(self, case: Case, credentials: Credentials) -> httpx2.Request:
        """The request for a case that is no turn of a conversation; raises `TargetError` for what it does not have."""
        fields = {**case.model_dump(), "session": None, "history": []}
        return self._builder.request(self._client, fields, credentials)

    def token_request(self, form: TokenRequest) -> httpx2.Request:
        """The request for a token."""
        return self._client.build_request("POST", form.url, data=dict(form.form))

    def answer(self, body: bytes, asked_at: float = 0.0, seconds: float = 0.0) -> Answer:
        """The answer in a body; raises `TargetError` or `RetryLater` where there is none."""
        use = self.config.select.use
        try:
            plain = self.config.receive == "text"
            content, text = ({}, body.decode("utf-8", "replace")) if plain else whole(body, self.config.stream)
            return self._extractor.answer(content, Timing(asked_at, seconds), 1, str, text)
        except ReasonedError:
            raise
        except Exception as error:
            if use is None:
                raise
            message = f"target.select.use: {use} raised {type(error).__name__}: {error}"
            raise TargetError(message, reason=Reason.NO_ANSWER) from error

    def masked(self, text: str, credentials: Credentials) -> str:
        """The text without the credentials that it was asked with."""
        hidden = credentials.hidden | {credentials.token or ""} | self._builder.secrets
        return mask(text, hidden, SHORTEST_TOKEN)
