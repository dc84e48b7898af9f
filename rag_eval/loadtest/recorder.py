"""How a process that makes load keeps what happened: lines in files, or, in a worker, reports to its master."""

import time
from pathlib import Path
from typing import Any

from rag_eval.loadtest.plan import LoadPlan, dump_line
from rag_eval.loadtest.samples import ANSWERS, SAMPLES, RequestSample
from rag_eval.records import Case

KEY = "rag_eval"
"""Of our part in Locust's own messages."""


class Recorder:
    """Keeps lines until they are written or reported."""

    def __init__(self, folder: Path, plan: LoadPlan) -> None:
        self.began = time.perf_counter()
        self._folder, self._plan = folder, plan
        self._lines: list[str] = []
        self._answers: dict[str, str] = {}
        self._others: set[str] = set()

    def now(self) -> float:
        """Seconds since the start of the test."""
        return time.perf_counter() - self.began

    def sample(self, sample: RequestSample) -> None:
        """Keep a request."""
        self._lines.append(dump_line([round(part, 5) if isinstance(part, float) else part for part in sample]))

    def note(self, what: str, value: float = 0.0) -> None:
        """Keep something else that happened."""
        self._lines.append(dump_line({"what": what, "value": value, "at": round(self.now(), 3)}))

    def answer(self, case: Case, body: str, asked_at: float, seconds: float) -> None:
        """Keep the answer to a case, in the place of an earlier one: the later, the longer the load has lasted."""
        record = {"case": case.id, "body": body, "asked_at": asked_at, "seconds": round(seconds, 5)}
        self._answers[case.id] = dump_line(record)

    def report(self, client_id: str, data: dict[str, Any]) -> None:  # noqa: ARG002  Locust names it
        """Hand over what waits."""
        data[KEY] = {"plan": self._plan.fingerprint, **self._taken()}

    def take(self, client_id: str, data: dict[str, Any]) -> None:
        """Write what a worker handed over; note it if that worker does something else than is planned here."""
        reported = data.get(KEY) or {}
        if reported.get("plan") != self._plan.fingerprint and client_id not in self._others:
            self._others.add(client_id)
            self.note("other plan")
        self._write({name: reported.get(name, "") for name in (SAMPLES, ANSWERS)})
        self.flush()

    def flush(self) -> None:
        """Write what waits."""
        self._write(self._taken())

    def _taken(self) -> dict[str, str]:
        waiting = {SAMPLES: "".join(self._lines), ANSWERS: "".join(self._answers.values())}
        self._lines, self._answers = [], {}
        return waiting

    def _write(self, texts: dict[str, str]) -> None:
        for name, text in texts.items():
            if text:
                with (self._folder / name).open("a", encoding="utf-8") as file:
                    file.write(text)
