"""rag-eval tells a team whether their RAG system got better."""

__version__ = "0.1.0"
