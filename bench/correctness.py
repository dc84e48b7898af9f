"""How well the embedded judge tells right answers from wrong ones, and refusals from answers, beside answer length.

Run `python bench/correctness.py [FOLDER]`; FOLDER is `$RAG_EVAL_REALDATA`, else `../shared/data` beside the repository.
Sets that are absent are left out. Intervals are 95 %, percentiles of 999 resamples of the rows, or of their questions.
"""

import re
import time
from collections.abc import Callable, Sequence
from statistics import correlation

import numpy as np
from factscore import Row, auroc, folder, rows

from rag_eval.judges.embedded.correctness import correctness
from rag_eval.language.refusals import refusal

RESAMPLES = 999
SEED = 20_240_501
_DIGIT = re.compile(r"\d(?=\D*$)")

Statistic = Callable[[Sequence[float], Sequence[float]], float]


def interval(statistic: Statistic, scores: Sequence[float], labels: Sequence[float], clusters: Sequence[str]) -> str:
    """A statistic with its interval over resampled clusters."""
    groups: dict[str, list[int]] = {}
    for place, cluster in enumerate(clusters):
        groups.setdefault(cluster, []).append(place)
    members, rng = list(groups.values()), np.random.default_rng(SEED)
    values = []
    for _ in range(RESAMPLES):
        places = [place for group in rng.integers(len(members), size=len(members)) for place in members[group]]
        values.append(statistic([scores[p] for p in places], [labels[p] for p in places]))
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return f"{statistic(scores, labels):.3f} [{low:.3f}, {high:.3f}]"


def report(
    name: str, statistic: Statistic, scores: Sequence[float], lengths: Sequence[float], labels: Sequence[float],
    clusters: Sequence[str],
) -> str:  # fmt: skip
    """The statistic of the rule, and of the length of the answer in its better direction."""
    control = max(statistic(lengths, labels), statistic([-length for length in lengths], labels))
    return f"{name} {interval(statistic, scores, labels, clusters)}, length {control:.3f} ({len(scores)} rows)"


def area(scores: Sequence[float], labels: Sequence[float]) -> float:
    """Chance that a right answer scores above a wrong one."""
    return auroc(np.array(scores), np.array(labels)) if 0 < sum(map(bool, labels)) < len(labels) else float("nan")


def balanced(verdicts: Sequence[float], labels: Sequence[float]) -> float:
    """Mean of the shares of both classes that a verdict above 0 gets right."""
    hits = [
        [(verdict > 0) == bool(label) for verdict, label in zip(verdicts, labels, strict=True) if bool(label) == side]
        for side in (True, False)
    ]
    return sum(sum(side) / len(side) for side in hits) / len(hits) if all(hits) else float("nan")


def score(row: Row, response: str) -> float:
    """How far a response says what the row's reference says."""
    return correctness(row["user_input"], row["reference"], response).score


def ragchecker() -> str:
    """Difference of two answers' scores against which of them people prefer."""
    data = rows("ragchecker_meta")
    differences = [score(row, row["response_b"]) - score(row, row["response_a"]) for row in data]
    lengths = [float(len(row["response_b"]) - len(row["response_a"])) for row in data]
    people = [float(row["human_overall"]) for row in data]
    return report("Pearson", correlation, differences, lengths, people, [str(row["pair_id"]) for row in data])


def nomiracl() -> str:
    """Outputs that were told to say "I don't know" or "Yes, answer is present", and do."""
    texts, labels, clusters = [], [], []
    for row in rows("nomiracl_en"):
        for text in row["responses"].values():
            opening = text.strip().lower().replace("\u2019", "'")
            if opening.startswith(("i don't know", "yes, answer is present")):
                texts.append(text)
                labels.append(float(opening.startswith("i")))
                clusters.append(row["id"])
    verdicts = [1.0 if refusal(text) else -1.0 for text in texts]
    shorter = [60.0 - len(text) for text in texts]
    return report("refusals, balanced accuracy", balanced, verdicts, shorter, labels, clusters)


def _sentence(row: Row, reference: str) -> str:
    """The sentence of the row's context that holds a reference."""
    context = row["retrieved_contexts"][0]
    at = context.find(reference)
    start = max(context.rfind(". ", 0, at) + 2, 0) if ". " in context[: max(at, 0)] else 0
    end = context.find(". ", at + len(reference))
    return str(context[start : end + 1 if end > 0 else None])


def _against(pairs: Sequence[tuple[Row, str, str]]) -> str:
    scores = [score(row, text) for row, right, wrong in pairs for text in (right, wrong)]
    lengths = [float(len(text)) for _, right, wrong in pairs for text in (right, wrong)]
    clusters = [row["id"] for row, _, _ in pairs for _ in range(2)]
    return report("AUROC", area, scores, lengths, [1.0, 0.0] * len(pairs), clusters)


def xquad() -> str:
    """The sentence that answers against one that answers another row."""
    data = rows("xquad_en")
    other = [data[(place + 31) % len(data)] for place in range(len(data))]
    return "another row's, " + _against(
        [
            (row, _sentence(row, row["reference"]), _sentence(far, far["reference"]))
            for row, far in zip(data, other, strict=True)
        ]
    )


def changed_numbers(name: str) -> str:
    """A reference against itself with the last digit of its first number changed."""
    pairs = []
    for row in rows(name):
        if row["reference"] and (number := re.search(r"\d[\d.,]*", row["reference"])):
            digits = _DIGIT.sub(lambda digit: str((int(digit[0]) + 3) % 10), number[0])
            wrong = row["reference"][: number.start()] + digits + row["reference"][number.end() :]
            pairs.append((row, row["reference"], wrong))
    return "a number changed, " + _against(pairs)


SETS: tuple[tuple[str, Callable[[], str]], ...] = (
    ("ragchecker_meta", ragchecker),
    ("nomiracl_en", nomiracl),
    ("xquad_en", xquad),
    ("xquad_en", lambda: changed_numbers("xquad_en")),
    ("clapnq_dev", lambda: changed_numbers("clapnq_dev")),
)


def main() -> None:
    """Print one line a measurement."""
    for name, measure in SETS:
        if (folder() / name / "data.jsonl").is_file():
            started = time.perf_counter()
            line = measure()
            print(f"{name:18s} {line} in {time.perf_counter() - started:.1f} s")


if __name__ == "__main__":
    main()
