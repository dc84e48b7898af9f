"""`python -m rag_eval` is `rag-eval`."""

from rag_eval.cli import main

main()
