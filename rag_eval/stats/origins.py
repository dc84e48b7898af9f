"""Whether two runs measured the same thing in the same way."""

from rag_eval.records import Origin


def origin_differences(a: Origin, b: Origin) -> tuple[str, ...]:
    """What keeps the scores of two origins from being compared, a sentence each; nothing if they may be.

    The version of rag-eval is not among it: what could change a score has a version of its own.
    """
    differences = [] if a.dataset == b.dataset else [f"datasets differ ({a.dataset[:12]} and {b.dataset[:12]})"]
    differences += [
        f"judges differ in {key} ({a.judge.get(key)} and {b.judge.get(key)})"
        for key in sorted({*a.judge, *b.judge})
        if a.judge.get(key) != b.judge.get(key)
    ]
    differences += [
        f"{name} differs in version ({a.metrics[name]} and {b.metrics[name]})"
        for name in sorted({*a.metrics} & {*b.metrics})
        if a.metrics[name] != b.metrics[name]
    ]
    return tuple(differences)
