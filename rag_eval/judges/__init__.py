"""Whoever answers RAGAs' prompts: a language model, a jury of them, or the rule that comes with the package."""
