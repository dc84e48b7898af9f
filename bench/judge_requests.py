"""What a judge request costs: seconds beside the floor and CPU, ours beside RAGAs' own path and a bare client.

200 answers by three metrics are 1,400 requests to a server of our own on loopback that takes so long for each; ours are
1,600, for whether an answer refuses is asked as well. RAGAs' path is its `collections` on `llm_factory`, all samples
gathered; the bare client posts bodies of the same length with aiohttp. Each is a process of its own, in turns; start-up
and imports are left out of both figures.
"""

import argparse
import asyncio
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

SAMPLES, CALLS = 200, 1400
METRICS = ("faithfulness", "context_recall", "factual_correctness")
MARKER = "Now perform the same with the following input\ninput: "
"""What stands before the case in a prompt of RAGAs'."""
FILLER = "The island has a harbour with a quay of stone and a light that can be seen from far away at night. "
GOALS = {("ours", 16): 1.06, ("ours", 64): 1.20}
"""Wall time over the floor, at most, by calls in flight."""
CPU_GOAL_MS = 1.5
"""Of CPU a request of ours, at most."""


# The server


def reply(prompt: str, shape: str) -> dict[str, Any]:
    """A whole reply of a shape, in words of the judge's own, as language models have them."""
    given = json.JSONDecoder().raw_decode(prompt.rpartition(MARKER)[2].lstrip())[0]
    if "statements" in given:
        return {"statements": [{"statement": s, "reason": "It says so.", "verdict": 1} for s in given["statements"]]}
    if shape == "AnswerRelevanceOutput":
        return {"question": "When does the ferry leave?", "noncommittal": 0}
    text = given.get("answer") or given["response"]
    parts = [f"{part.strip('. ')}." for part in re.split(r"[.,] ", text.replace("leaves", "departs"))]
    match shape:
        case "ContextRecallOutput":
            return {"classifications": [{"statement": s, "reason": "It says so.", "attributed": 1} for s in parts]}
        case "ClaimDecompositionOutput":
            return {"claims": parts}
        case _:
            return {"statements": parts}


def serve(port_file: Path, seconds: float, asking: float) -> None:
    """Answer on a free port until the process is ended; `/peak` says how many calls were under way at most.

    A judge takes `seconds` for a call, the service at `/ask` takes `asking`.
    """
    from aiohttp import web

    state = {"now": 0, "peak": 0}

    async def chat(request: web.Request) -> web.Response:
        body = json.loads(await request.read())
        state["now"] += 1
        state["peak"] = max(state.values())
        await asyncio.sleep(seconds)
        state["now"] -= 1
        return web.json_response(completion(body))

    async def ask(request: web.Request) -> web.Response:
        number = re.findall(r"\d+", (await request.json())["question"])[0]
        await asyncio.sleep(asking)
        contexts = [f"Timetable {part}: ferry {number} leaves at noon. {FILLER * 4}" for part in range(3)]
        return web.json_response({"answer": f"Ferry {number} leaves at noon.", "contexts": contexts})

    async def peak(_: web.Request) -> web.Response:
        seen, state["peak"] = state["peak"], 0
        return web.json_response(seen)

    async def main() -> None:
        app = web.Application(client_max_size=2**26)
        app.router.add_post("/v1/chat/completions", chat)
        app.router.add_post("/ask", ask)
        app.router.add_get("/peak", peak)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=512).start()
        port_file.with_suffix(".part").write_text(str(runner.addresses[0][1]))
        port_file.with_suffix(".part").rename(port_file)
        await asyncio.Event().wait()

    asyncio.run(main())


def completion(body: dict[str, Any]) -> dict[str, Any]:
    """A chat completion for a request, by whichever method it asks for a shape."""
    prompt = body["messages"][-1]["content"]
    message: dict[str, Any] = {"role": "assistant", "content": None}
    finish = "stop"
    if tools := body.get("tools"):
        shape = tools[0]["function"]["name"]
        call = {"name": shape, "arguments": json.dumps(reply(prompt, shape))}
        message["tool_calls"] = [{"id": "c", "type": "function", "function": call}]
        finish = "tool_calls"
    else:
        form = body.get("response_format") or {}
        shape = form["json_schema"]["name"] if "json_schema" in form else _titled(prompt)
        message["content"] = json.dumps(reply(prompt, shape))
    return {
        "id": "c",
        "object": "chat.completion",
        "created": 1,
        "model": body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
        "usage": {"prompt_tokens": 900, "completion_tokens": 60, "total_tokens": 960},
    }


def _titled(prompt: str) -> str:
    shapes = ("StatementGeneratorOutput", "ClaimDecompositionOutput", "ContextRecallOutput", "NLIStatementOutput")
    return max(shapes, key=lambda shape: prompt.rfind(f'"{shape}"'))


@contextmanager
def serving(seconds: float, asking: float = 0.0) -> Iterator[str]:
    """The server as a process; gives its address."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "port"
        delays = ["--delay", str(seconds), "--asking", str(asking)]
        with subprocess.Popen([sys.executable, __file__, "--serve", str(ready), *delays]) as process:
            try:
                while not ready.exists():
                    time.sleep(0.02)
                yield f"http://127.0.0.1:{ready.read_text()}"
            finally:
                process.terminate()


# What is measured, each in a process of its own


@contextmanager
def measured() -> Iterator[list[int]]:
    """Print the seconds and the CPU seconds of a block, and its requests: what is put into the list, else `CALLS`."""
    asked: list[int] = []
    wall, cpu = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    yield asked
    took, after = time.perf_counter() - wall, resource.getrusage(resource.RUSAGE_SELF)
    spent = after.ru_utime + after.ru_stime - cpu.ru_utime - cpu.ru_stime
    print(json.dumps({"wall": took, "cpu": spent, "calls": sum(asked) or CALLS}))


def samples() -> list[dict[str, Any]]:
    """Questions, no two alike, with 3 × 75 words of contexts."""
    return [
        {
            "id": f"case-{n}",
            "user_input": f"When does ferry {n} leave, and what does a ticket cost?",
            "response": f"Ferry {n}: the ferry leaves at noon. A ticket costs 9 pounds. Dogs travel free.",
            "reference": f"Ferry {n} leaves at noon, costs 9 pounds, and dogs travel free.",
            "retrieved_contexts": [f"Passage {part} of {n}. {FILLER * 4}" for part in range(3)],
        }
        for n in range(SAMPLES)
    ]


def ours(url: str, in_flight: int) -> None:
    """`rag-eval run` from its first question to its last score, the journal, checks and evidence with it."""
    import openai.resources  # noqa: F401

    from rag_eval import config
    from rag_eval.evaluation import plan, session
    from rag_eval.judges.openai import backend  # noqa: F401
    from rag_eval.metrics.ragas import adapter  # noqa: F401 - start-up is not measured

    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        Path("cases.jsonl").write_text("".join(json.dumps(sample) + "\n" for sample in samples()))
        judge = {"kind": "openai", "model": "m", "base_url": f"{url}/v1", "concurrency": in_flight}
        whole = {
            "name": "bench",
            "dataset": {"path": "cases.jsonl"},
            "target": {"kind": "replay"},
            "judge": judge,
            "metrics": list(METRICS),
        }
        prepared = plan.prepare(config.Experiment.model_validate(whole))
        with session.begin(prepared) as job:
            with measured() as asked:
                session.work(job, lambda _: None, None, None)
                asked.append(job.usage().calls)
            if failures := job.journal.failures():
                sys.exit(f"scores were lost: {failures}")


async def _limited(tasks: list[Callable[[], Awaitable[object]]], limit: int) -> None:
    gate = asyncio.Semaphore(limit)

    async def guarded(task: Callable[[], Awaitable[object]]) -> None:
        async with gate:
            await task()

    await asyncio.gather(*map(guarded, tasks))


def collections(url: str, in_flight: int) -> None:
    """RAGAs' own metrics on its own client, each request behind one gate."""
    os.environ["RAGAS_DO_NOT_TRACK"] = "true"
    from openai import AsyncOpenAI
    from ragas.llms import llm_factory
    from ragas.metrics.collections import ContextRecall, FactualCorrectness, Faithfulness

    async def main() -> None:
        client = AsyncOpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
        llm = llm_factory("m", client=client)
        gate, inner = asyncio.Semaphore(in_flight), llm.agenerate

        client.chat  # noqa: B018 - imported when it is first asked for

        async def agenerate(*args: Any, **kwargs: Any) -> Any:
            async with gate:
                return await inner(*args, **kwargs)

        llm.agenerate = agenerate
        metrics = (Faithfulness(llm=llm), ContextRecall(llm=llm), FactualCorrectness(llm=llm))
        fields = (
            ("user_input", "response", "retrieved_contexts"),
            ("user_input", "retrieved_contexts", "reference"),
            ("response", "reference"),
        )
        work = [
            metric.ascore(**{name: sample[name] for name in names})
            for sample in samples()
            for metric, names in zip(metrics, fields, strict=True)
        ]
        with measured():
            await asyncio.gather(*work)

    asyncio.run(main())


def bare(url: str, in_flight: int) -> None:
    """The client of aiohttp and json, nothing else."""
    import aiohttp

    async def main() -> None:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as client:
            form = {"json_schema": {"name": "NLIStatementOutput"}}

            async def ask(number: int) -> None:
                given = {"statements": [f"Boat {number} leaves at noon.", FILLER]}
                prompt = f"{'x' * 4000} {MARKER}{json.dumps(given)}"
                body = {"model": "m", "messages": [{"role": "user", "content": prompt}], "response_format": form}
                async with client.post(f"{url}/v1/chat/completions", json=body) as response:
                    json.loads((await response.json())["choices"][0]["message"]["content"])

            with measured():
                await _limited([partial(ask, number) for number in range(CALLS)], in_flight)

    asyncio.run(main())


PATHS = {"ours": ours, "collections": collections, "bare": bare}


def figures(path: str, url: str, in_flight: int) -> tuple[float, float]:
    """Wall seconds and CPU milliseconds for each request of a path."""
    command = [sys.executable, __file__, "--path", path, "--url", url, "--in-flight", str(in_flight)]
    printed = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
    result = json.loads(printed.splitlines()[-1])
    return result["wall"] / result["calls"], result["cpu"] / result["calls"] * 1000


def table(rounds: int, delay: float, widths: tuple[int, ...]) -> bool:
    """Print every path's medians; whether ours keep what is asked of them."""
    kept = True
    with serving(delay) as url:
        for in_flight in widths:
            floor = delay / in_flight
            tries: dict[str, list[tuple[float, float]]] = {path: [] for path in PATHS}
            for _ in range(rounds):
                for path in PATHS:
                    tries[path].append(figures(path, url, in_flight))
            for path, pairs in tries.items():
                wall, cpu = median(p[0] for p in pairs), median(p[1] for p in pairs)
                beside = f"wall ÷ floor {wall / floor:.2f}" if floor else f"wall {wall * CALLS:.2f} s"
                print(
                    f"requests           {path:<12} {in_flight:>3} in flight, {delay:g} s: {beside}, CPU {cpu:.2f} ms",
                    flush=True,
                )
                if path == "ours" and floor:
                    kept = kept and wall / floor <= GOALS.get((path, in_flight), 9) and cpu <= CPU_GOAL_MS
    return kept


def main() -> int:
    """Print the table; 1 if ours are slower than they should be."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--serve", type=Path)
    parser.add_argument("--path", choices=PATHS)
    parser.add_argument("--url", default="")
    parser.add_argument("--in-flight", type=int, default=16)
    parser.add_argument("--delay", type=float, default=0.2)
    parser.add_argument("--asking", type=float, default=0.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--widths", type=int, nargs="*", default=(16, 64))
    options = parser.parse_args()
    if options.serve:
        serve(options.serve, options.delay, options.asking)
        return 0
    if options.path:
        PATHS[options.path](options.url, options.in_flight)
        return 0
    return int(not table(options.rounds, options.delay, tuple(options.widths)))


if __name__ == "__main__":
    sys.exit(main())
