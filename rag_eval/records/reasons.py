"""Why there is no answer or no score: every reason that a failure of ours has, each with a sentence."""

from enum import StrEnum
from typing import Self


class Reason(StrEnum):
    """A short code, counted in reports, in Prometheus and in spans.

    Failures of somebody else's parts, and of older journals, may have others: `Failure.reason` is any text.
    """

    sentence: str
    settings: tuple[str, ...]
    """What bears on it in the experiment, under `target` or `judge`, whichever failed, or only where that is named."""

    def __new__(cls, code: str, sentence: str, *settings: str) -> Self:
        """A code, with the sentence that says what it means and the settings that bear on it."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.sentence, member.settings = sentence, settings
        return member

    # The service gave nothing that could be used.
    CONNECTION = "connection", "No connection came about, or it broke.", "url", "base_url"
    CUT_OFF = "cut_off", "The answer broke off before it was whole."
    DEADLINE = "deadline", "The time for one question, tries and waits included, was used up.", "deadline"
    HTTP_STATUS = (
        "http_status",
        "The service answered with a status that is an error.",
        "url",
        "target.method",
        "body",
        "base_url",
    )
    RATE_LIMITED = "rate_limited", "The service said that it was asked too often.", "rate", "concurrency"
    REDIRECTED = "redirected", "The service named another address, which is not followed with a body."
    TIMEOUT = "timeout", "No answer came in the time for one request.", "timeout"
    TOO_LARGE = "too_large", "The answer was larger than `max_response_bytes`."
    UNAUTHORIZED = "unauthorized", "The service does not accept who asks.", "auth", "api_key_env"
    # An answer came, and is none.
    AMBIGUOUS_PIECES = (
        "ambiguous_pieces",
        "The pieces of a stream can be put together in more than one way.",
        "stream.pieces",
    )
    BAD_CONTEXTS = "bad_contexts", "Where contexts were to stand there is something else."
    NOT_A_STREAM = "not_a_stream", "A stream was expected, and something else came.", "stream.kind"
    NOT_JSON = "not_json", "The answer is no JSON, or is not what its encoding says.", "url", "auth"
    NO_ANSWER = "no_answer", "There is nothing where the answer was to stand.", "stream.delta"
    NO_TEXT = "no_text", "The answer holds no text."
    SERVICE_ERROR = "service_error", "The service says in its answer that it failed."
    # The question was not put, or not by us.
    AMBIGUOUS_CAPTURE = "ambiguous_capture", "Several captured answers fit the question.", "pick"
    BAD_TEMPLATE = "bad_template", "The request could not be made of the case."
    CAPTURED_ERROR = "captured_error", "The captured call had failed."
    EARLIER_TURN_FAILED = "earlier_turn_failed", "An earlier turn of the conversation got no answer."
    MAYBE_ASKED = "maybe_asked", "The question was on its way when the run was stopped, and must not be asked twice."
    NOT_CAPTURED = "not_captured", "No captured answer fits the question.", "path"
    # The judge gave nothing that could be used.
    BAD_EMBEDDING = "bad_embedding", "The embedding model's vectors do not fit the texts.", "embedding_model"
    BLOCKING_CALL = "blocking_call", "RAGAs asked for a reply in a way that would block the run."
    CONTENT_FILTER = "content_filter", "The judge's content filter stopped the reply."
    DECLINED = "declined", "The judge's model will not answer the prompt.", "model"
    NO_JUDGE = "no_judge", "No judge is connected."
    QUOTA = "quota", "What may be asked is used up.", "auth", "model", "base_url", "api_key_env"
    REFUSED = "refused", "The judge's service refuses the call.", "model", "base_url"
    TOO_LONG = "too_long", "The prompt is longer than the judge can read.", "model"
    TRUNCATED = "truncated", "The reply was cut off at the most tokens that a reply may have.", "max_tokens"
    UNPARSABLE = "unparsable", "The reply could not be read.", "model", "method"
    UNSUPPORTED_PROMPT = "unsupported_prompt", "The embedded judge does not know the prompt."
    # A reply came, and nothing may be computed from it.
    INCOMPLETE_STATEMENTS = "incomplete_statements", "The statements leave out a part of the text.", "model"
    INCOMPLETE_VERDICTS = "incomplete_verdicts", "There are not as many verdicts as statements.", "model"
    INVALID_VERDICT = "invalid_verdict", "A verdict is none of those that may be given.", "model"
    NOT_A_NUMBER = "not_a_number", "RAGAs computed no number from the replies."
    NO_QUESTION = "no_question", "The reply holds no question."
    NO_STATEMENTS = "no_statements", "The reply holds no statement."
    TAMPERED = "tampered", "A text speaks to the judge, and the judge got control statements of known verdict wrong."
    WRONG_STATEMENTS = "wrong_statements", "A verdict speaks of another statement than was asked.", "model"
    # Neither of them.
    CANCELLED = "cancelled", "The run was stopped meanwhile."
    INTERRUPTED = "interrupted", "The run was stopped before the case was scored."
    UNEXPECTED = "unexpected", "Something went wrong in a way that nobody foresaw; the message says how."


NOT_SENT = frozenset({
    Reason.AMBIGUOUS_CAPTURE, Reason.BAD_TEMPLATE, Reason.EARLIER_TURN_FAILED, Reason.MAYBE_ASKED, Reason.NOT_CAPTURED,
})  # fmt: skip
"""Why a question has no answer that was not sent this time; no call of the target has failed then."""
