"""The HTTP interface: log in, ask, ask with a confidence, see that it is up."""

import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm

from rag_eval.staging.answers import Extract, Extractor
from rag_eval.staging.corpus import default_corpus, read_passages
from rag_eval.staging.errors import WriterError
from rag_eval.staging.problems import answer_problems, documented
from rag_eval.staging.profiles import profile_named
from rag_eval.staging.retrieval import Hit, Index
from rag_eval.staging.settings import Settings
from rag_eval.staging.tokens import Tokens, may_log_in
from rag_eval.staging.wire import Context, EnhancedReply, Health, Query, Reply, Token
from rag_eval.staging.writer import Writer, configured_writer

_LOGIN = "/api/v1/auth/login"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Service:
    """What the routes work with; one for each application."""

    settings: Settings
    passages: int
    index: Index
    extractor: Extractor
    tokens: Tokens
    writer: Writer | None


@dataclass(frozen=True)
class _Outcome:
    hits: list[Hit]
    extract: Extract
    answer: str
    degraded: bool


def create_app(
    settings: Settings, *, clock: Callable[[], float] = time.monotonic, writer: Writer | None = None
) -> FastAPI:
    """Build the service: read and index the pages, and return it as an ASGI application.

    `clock` gives seconds and is what tokens expire by; `writer` takes the place of the one in the settings.

    Raises:
        CorpusError: the pages cannot be read.
    """
    # The interactive pages of /docs load scripts from elsewhere; the description itself is at /openapi.json.
    app = FastAPI(title="Handbook", docs_url=None, redoc_url=None, lifespan=_lifespan)
    app.state.service = _build(settings, clock, writer or configured_writer(settings))
    app.include_router(_routes())
    answer_problems(app)
    return app


def _build(settings: Settings, clock: Callable[[], float], writer: Writer | None) -> Service:
    passages = read_passages(settings.corpus or default_corpus())
    return Service(
        settings=settings,
        passages=len(passages),
        index=Index(passages, profile_named(settings.profile)),
        extractor=Extractor(passages),
        tokens=Tokens(settings.token_ttl_s, clock),
        writer=writer,
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    writer = app.state.service.writer
    if writer is not None:
        await writer.aclose()


def _routes() -> APIRouter:
    refusals = documented(401, 413, 422, 500)
    guarded = APIRouter(prefix="/api/v1/query", dependencies=[Depends(_known)], responses=refusals)
    guarded.post("/")(query)
    guarded.post("/enhanced")(enhanced)
    router = APIRouter()
    router.post(_LOGIN, responses=refusals)(login)
    router.get("/health", responses=documented(500))(health)
    router.include_router(guarded)
    return router


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


_Ours = Annotated[Service, Depends(_service)]
_Bearer = Annotated[str | None, Depends(OAuth2PasswordBearer(tokenUrl=_LOGIN, auto_error=False))]


def _refused(message: str) -> HTTPException:
    return HTTPException(401, message, {"WWW-Authenticate": "Bearer"})


async def _known(service: _Ours, token: _Bearer) -> None:
    """Let nobody pass without a good token; missing, forged and expired ones are told the same."""
    if token is None or not service.tokens.is_good(token):
        raise _refused(f"no good token; get one from POST {_LOGIN} and send it as 'Authorization: Bearer TOKEN'")


async def login(service: _Ours, form: Annotated[OAuth2PasswordRequestForm, Depends()], response: Response) -> Token:
    """Give a bearer token for the right username and password."""
    if not may_log_in(service.settings, form.username, form.password):
        raise _refused("wrong username or password")
    response.headers["Cache-Control"] = "no-store"
    return Token(access_token=service.tokens.issue(), expires_in=service.settings.token_ttl_s)


async def query(service: _Ours, asked: Query) -> Reply:
    """Answer a question from the handbook."""
    return _reply(service, await _ask(service, asked))


async def enhanced(service: _Ours, asked: Query) -> EnhancedReply:
    """Answer a question and say how much of it the handbook's best matching sentences cover, from 0 to 1.

    The confidence is the share of the question's words, each weighted by its rarity in the handbook (IDF),
    that these sentences and their headings hold.
    """
    outcome = await _ask(service, asked)
    return EnhancedReply(**dict(_reply(service, outcome)), confidence=outcome.extract.confidence)


async def health(service: _Ours) -> Health:
    """Say that the service is up, with which profile and how many passages."""
    return Health(profile=service.settings.profile, passages=service.passages)


async def _ask(service: Service, asked: Query) -> _Outcome:
    """Find, and answer from what was found; with nothing found there is nothing to write from."""
    hits = service.index.search(asked.query, asked.max_results)
    extract = service.extractor.extract(asked.query, hits)
    if service.writer is None or not hits:
        return _Outcome(hits, extract, extract.text, degraded=False)
    try:
        answer = await service.writer.write(asked.query, [hit.passage.text for hit in hits])
    except WriterError as error:
        _log.warning("answering with sentences of the handbook instead: %s", error)
        return _Outcome(hits, extract, extract.text, degraded=True)
    return _Outcome(hits, extract, answer, degraded=False)


def _reply(service: Service, outcome: _Outcome) -> Reply:
    contexts = [Context(id=hit.passage.id, text=hit.passage.text, score=hit.score) for hit in outcome.hits]
    return Reply(
        answer=outcome.answer,
        contexts=contexts,
        profile=service.settings.profile,
        degraded=outcome.degraded,
    )
