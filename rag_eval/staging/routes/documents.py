"""Upload a document, and see whether it is indexed."""

from typing import Annotated

from fastapi import APIRouter, File, Path, Request, Response, UploadFile

from rag_eval.staging.errors import ServiceRefusal
from rag_eval.staging.parts import Parts
from rag_eval.staging.problems import documented
from rag_eval.staging.routes.known import Known, Ours
from rag_eval.staging.store import StoredDocument
from rag_eval.staging.wire import DocumentReply

UPLOAD = "/api/v1/documents/upload"


def router(parts: Parts) -> APIRouter:
    """The routes, as the settings have them."""
    limited = parts.limits.on(parts.settings.upload_limit, "upload")
    routes = APIRouter(prefix="/api/v1/documents", tags=["documents"], responses=documented(401, 422, 500, 503, 504))
    routes.post("/upload", status_code=202, responses=documented(400, 408, 409, 413, 415, 429))(limited(upload))
    routes.get("/{document}", responses=documented(404))(look)
    return routes


async def upload(
    parts: Ours,
    user: Known,
    file: Annotated[UploadFile, File(description="Markdown or plain text in UTF-8.")],
    request: Request,  # noqa: ARG001  the limit looks at it
    response: Response,
) -> DocumentReply:
    """Take in a document that this user's questions are answered from too, and index it in the background."""
    content = await file.read(parts.settings.upload_bytes + 1)
    if len(content) > parts.settings.upload_bytes:
        raise ServiceRefusal(413, "too_large", f"a document may hold {parts.settings.upload_bytes} bytes")
    document = await parts.indexing.take_in(file.filename, content, user)
    response.headers["Location"] = f"/api/v1/documents/{document.id}"
    return _reply(document)


async def look(parts: Ours, user: Known, document: Annotated[str, Path(max_length=64)]) -> DocumentReply:
    """Say whether a document is indexed; one of another user is not found."""
    stored = parts.store.document(document, user)
    if stored is None:
        raise ServiceRefusal(404, "not_found", "you have no document with this id")
    return _reply(stored)


def _reply(document: StoredDocument) -> DocumentReply:
    return DocumentReply(id=document.id, name=document.name, state=document.state, passages=document.passages)
