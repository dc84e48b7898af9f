"""A live RAG service over HTTP: on a socket or, over an ASGI transport, in process."""
