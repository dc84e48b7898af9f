"""A live run, asked and scored at the same time: seconds beside the floor of the slower of the two.

400 questions go to a service that takes 0.3 s and each answer to a judge that takes 0.2 s for a call, 16 in flight of
each; whether an answer refuses and how much of the reference was retrieved are two calls. One after the other they
would take 1.75 times the floor. Start-up and imports are left out. Run `python bench/live.py [--rounds N]`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import judge_requests

QUESTIONS, IN_FLIGHT = 400, 16
ASKED_S, JUDGED_S = 0.3, 0.2
CALLS_EACH = 2
MOST = 1.10
"""Of wall time over the floor."""


def run(url: str) -> None:
    """A run against the service and the judge at an address, from its first question to its last score."""
    import openai.resources  # noqa: F401

    from rag_eval import config
    from rag_eval.evaluation import plan, session
    from rag_eval.judges.openai import backend  # noqa: F401
    from rag_eval.metrics.ragas import adapter  # noqa: F401 - start-up is not measured
    from rag_eval.targets.http import target  # noqa: F401

    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        questions = [
            {"id": f"case-{n}", "user_input": f"When does ferry {n} leave?", "reference": f"Ferry {n} leaves at noon."}
            for n in range(QUESTIONS)
        ]
        Path("cases.jsonl").write_text("".join(json.dumps(question) + "\n" for question in questions))
        whole = {
            "name": "live",
            "dataset": {"path": "cases.jsonl"},
            "target": {
                "kind": "http",
                "url": f"{url}/ask",
                "body": {"question": "{{ user_input }}"},
                "select": {"response": "answer", "retrieved_contexts": "contexts"},
                "concurrency": IN_FLIGHT,
            },
            "judge": {"kind": "openai", "model": "m", "base_url": f"{url}/v1", "concurrency": IN_FLIGHT},
            "metrics": ["context_recall"],
        }
        prepared = plan.prepare(config.Experiment.model_validate(whole))
        with session.begin(prepared) as job:
            with judge_requests.measured() as asked:
                session.work(job, lambda _: None, None, None)
                asked.append(job.usage().calls)
            if failures := job.journal.failures():
                sys.exit(f"scores were lost: {failures}")


def main(rounds: int) -> int:
    """Print the median; 1 if it is too large."""
    floor = max(QUESTIONS * ASKED_S, QUESTIONS * CALLS_EACH * JUDGED_S) / IN_FLIGHT
    with judge_requests.serving(JUDGED_S, ASKED_S) as url:
        command = [sys.executable, __file__, "--url", url]
        printed = [subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout for _ in range(rounds)]
    results = [json.loads(text.splitlines()[-1]) for text in printed]
    ratio = median(result["wall"] for result in results) / floor
    cpu = median(result["cpu"] for result in results)
    work = f"{QUESTIONS} questions, {IN_FLIGHT} in flight"
    print(f"live               {work}: wall ÷ floor {ratio:.2f} (at most {MOST:g}), CPU {cpu:.1f} s")
    return int(ratio > MOST)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", default="")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if options.url:
        run(options.url)
    else:
        sys.exit(main(options.rounds))
