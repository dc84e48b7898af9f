"""Values that are worked out here from the judge's verdicts and not taken from RAGAs."""

from typing import Any

from rag_eval.metrics.ragas.recipe import Exchanges


def mean_support(_: float, exchanges: Exchanges) -> float:
    """Mean support of the claims; the share of supported ones where verdicts are 0 or 1."""
    claims = exchanges[-1].reply.statements
    return sum(float(getattr(claim, "support", 1 if claim.verdict else 0)) for claim in claims) / len(claims)


def factual_f1(_: float, exchanges: Exchanges) -> float:
    """Harmonic mean of the supported share of the response's claims and the covered share of the reference's."""
    precision, recall = (sum(side) / len(side) for side in _claims(exchanges))
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def factual_details(_: float, exchanges: Exchanges) -> dict[str, Any]:
    """The two shares that the F1 is made of."""
    precision, recall = (sum(side) / len(side) for side in _claims(exchanges))
    return {"precision": precision, "recall": recall}


def _claims(exchanges: Exchanges) -> tuple[list[int], list[int]]:
    """Verdicts on the response's claims and on the reference's."""
    replies = [exchange.reply for exchange in exchanges if type(exchange.reply).__name__ == "NLIStatementOutput"]
    lists = [[statement.verdict for statement in reply.statements] for reply in replies]
    return lists[0], lists[1]


def average_precision(_: float, exchanges: Exchanges) -> float:
    """Mean of precision at each useful context, without the 1e-10 that RAGAs divides by."""
    verdicts = [exchange.reply.verdict for exchange in exchanges]
    hits = [sum(verdicts[:rank]) / rank for rank in range(1, len(verdicts) + 1) if verdicts[rank - 1]]
    return sum(hits) / len(hits) if hits else 0.0
