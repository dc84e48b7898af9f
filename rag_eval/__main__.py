"""The program: `rag-eval`, and `python -m rag_eval`."""

import gc


def main() -> None:
    """Run the command line; garbage is collected from when a command begins, as that makes a fifth of the start."""
    gc.disable()
    from rag_eval.cli import main as run

    run()


if __name__ == "__main__":
    main()
