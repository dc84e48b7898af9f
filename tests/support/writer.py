"""Writes to a journal until it is killed, and says after each write that it is kept: `python writer.py JOURNAL`."""

import sys
from pathlib import Path

from rag_eval.journal import JournalWriter
from rag_eval.records import Answer, Case, RunMeta, Score

METRICS = ("one", "two", "three")


def main(path: Path) -> None:
    """Go on from where the journal ends."""
    again = path.exists()
    with JournalWriter.open_(path) if again else JournalWriter.create(path, RunMeta(name="killed")) as journal:
        number = journal.count()
        say("open", str(number))
        while True:
            case = Case(id=f"case-{number}", user_input="q" * 500)
            journal.record_reply(number, case, Answer(response=f"answer {number}"))
            say("reply", str(number))
            journal.record_outcomes(case.id, {name: Score(value=number / 2) for name in METRICS})
            say("outcomes", str(number))
            journal.cache_reply(f"prompt-{number}", f'"{number}"')
            say("judged", str(number))
            number += 1


def say(*words: str) -> None:
    """Say it at once."""
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
