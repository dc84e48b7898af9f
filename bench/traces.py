"""How fast megabytes of collector lines are read, and in how much memory, beside a plain `orjson` pass as the floor.

Run `python bench/traces.py [MEGABYTES]`. Each measurement is a process of its own, and its seconds are those of the one
core that it used, its start with them: what else the machine does hardly changes them.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

SIZES = (10, 100, 1000)
"""Megabytes that are written and read where no size is given."""
MOST = 100.0
"""Peak of resident memory, in MB."""
SLOWEST = 40.0
"""Times as long as the floor."""
_UNIT = 1 if sys.platform == "darwin" else 1024


def line(number: int) -> str:
    """A trace as a collector writes it: a root, a retriever with five passages, a model's call."""
    trace = f"{number + 1:032x}"
    passages = {
        f"retrieval.documents.{n}.document.{key}": value
        for n in range(5)
        for key, value in (("id", f"doc-{number % 997}-{n}"), ("content", f"Passage {n} of {number}. " + "word " * 260))
    }
    spans = [
        _span(trace, 1, None, "CHAIN", {"input.value": f"What about {number}?", "output.value": f"It is {number}."}),
        _span(trace, 2, 1, "RETRIEVER", passages),
        _span(trace, 3, 1, "LLM", {"llm.model_name": "m", "input.value": "prompt " * 100}),
    ]
    scope = {"scope": {"name": "bench"}, "spans": spans}
    return json.dumps({"resourceSpans": [{"resource": {"attributes": []}, "scopeSpans": [scope]}]})


def _span(trace: str, number: int, parent: int | None, kind: str, attributes: dict[str, str]) -> dict[str, Any]:
    said = {"openinference.span.kind": kind, **attributes}
    return {
        "traceId": trace,
        "spanId": f"{number:016x}",
        **({"parentSpanId": f"{parent:016x}"} if parent else {}),
        "name": kind.lower(),
        "startTimeUnixNano": "1700000000000000000",
        "endTimeUnixNano": "1700000001000000000",
        "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in said.items()],
    }


def write(path: Path, megabytes: int) -> int:
    """Write so much; gives how many traces there are."""
    size = count = 0
    with path.open("w", encoding="utf-8") as file:
        while size < megabytes * 1_000_000:
            text = line(count)
            file.write(text + "\n")
            size += len(text) + 1
            count += 1
    return count


def floor(path: Path) -> int:
    """Parse each line and do nothing with it."""
    import orjson

    with path.open("rb") as file:
        return sum(bool(orjson.loads(text)) for text in file)


def read(path: Path) -> int:
    """Read every trace as a question with its answer and passages."""
    from rag_eval.traces import Exchange
    from rag_eval.traces import read as traces

    found = traces(str(path))
    return sum(isinstance(one, Exchange) and len(one.contexts or ()) == 5 for one in found)


def measure(part: str, path: Path) -> tuple[int, float, float]:
    """Count, seconds of a core and peak in MB of one pass in a process of its own."""
    with subprocess.Popen([sys.executable, __file__, part, str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, part)
    return int(said), usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _UNIT / 1e6


def main(megabytes: int) -> int:
    """Print both passes; 1 if memory, time or the count is off."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "collector.jsonl"
        count = write(path, megabytes)
        _, base, _ = measure("floor", path)
        found, seconds, peak = measure("read", path)
    pace = f"{megabytes / seconds:.1f} MB/s, floor {megabytes / base:.0f} MB/s, ratio {seconds / base:.1f}"
    print(f"traces             {megabytes} MB, {count:,} traces: {pace} (at most {SLOWEST:g}), peak {peak:.0f} MB")
    return int(found != count or peak > MOST or seconds / base > SLOWEST)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["floor", where]:
            print(floor(Path(where)))
        case ["read", where]:
            print(read(Path(where)))
        case []:
            sys.exit(max([main(size) for size in SIZES]))
        case [size]:
            sys.exit(main(int(size)))
