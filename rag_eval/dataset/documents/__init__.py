"""Documents as text: Markdown, plain text, HTML, PDF and Word, one at a time, each read or with a reason why not."""

from rag_eval.dataset.documents.document import Document, UnreadableDocument
from rag_eval.dataset.documents.files import DocumentFiles, find, holds_rows, is_document, read

__all__ = ["Document", "DocumentFiles", "UnreadableDocument", "find", "holds_rows", "is_document", "read"]
