"""Recommendations for one person or one visitor from published lists: plain arithmetic, no numpy."""

import heapq
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from regulars.domain.errors import InvalidRequestError

PARTS = ("content", "collaborative", "habit", "trend")
LARGEST_WEIGHT = 10.0

type Weights = Mapping[str, float]
type Row = Sequence[
    Any
]  # a candidate, a neighbour or a popular product as JSON keeps it: its id, then numbers


class Candidate(NamedTuple):
    """A product a person may be offered, its four parts, and the product of theirs that speaks most for it.

    That is the product itself when they bought it more than once.
    """

    product_id: str
    content: float = 0.0
    collaborative: float = 0.0
    habit: float = 0.0
    trend: float = 0.0
    because: str = ""


class Recommendation(NamedTuple):
    """One product to offer; `reason` is again | before | because | viewed | alike | popular, `because` a product id or ''."""

    product_id: str
    score: float
    reason: str
    because: str = ""


def adjusted(weights: Weights, wanted: Mapping[str, object]) -> dict[str, float]:
    """The learnt weights with the wanted ones in their place, clamped to 0…10.

    InvalidRequestError for a part nobody knows and for what is no number.

    >>> adjusted({"content": 1.0, "habit": 2.0}, {"habit": "50"})
    {'content': 1.0, 'habit': 10.0}
    """
    return {**weights, **{part: _weight(part, value) for part, value in wanted.items()}}


def for_profile(
    candidates: Iterable[Row],
    weights: Weights,
    n: int,
    exclude: Collection[str] = (),
    popularity: Iterable[Row] = (),
) -> list[Recommendation]:
    """The n best of a person's candidates; `popularity` ([product id, score], best first) fills what is missing."""
    amounts = [weights.get(part, 0.0) for part in PARTS]
    rows = [_candidate(row) for row in candidates]
    scored = [(-_score(row, amounts), row.product_id, row) for row in rows]
    best = heapq.nsmallest(max(n, 0), (each for each in scored if each[1] not in exclude))
    chosen = [
        Recommendation(product_id, -score, _reason(row, amounts), row.because)
        for score, product_id, row in best
    ]
    return _filled(chosen, n, exclude, popularity)


def for_items(
    neighbours: Mapping[str, Iterable[Row]],
    popularity: Iterable[Row],
    weights: Weights,
    n: int,
    exclude: Collection[str] = (),
) -> list[Recommendation]:
    """The n products that go best with the seeds, whose lists ([product id, content, collaborative]) add up.

    A seed is never offered itself; `popularity` fills what is missing and answers for unknown seeds.
    """
    left_out = {*exclude, *neighbours}
    content_weight, collaborative_weight = (
        weights.get("content", 0.0),
        weights.get("collaborative", 0.0),
    )
    votes: dict[str, list[tuple[float, str]]] = {}
    for seed, rows in neighbours.items():
        for product_id, content, collaborative in rows:
            vote = content_weight * content + collaborative_weight * collaborative
            if product_id not in left_out and vote > 0:
                votes.setdefault(product_id, []).append((vote, seed))
    ranked = [
        Recommendation(product_id, math.fsum(vote for vote, _ in cast), "viewed", max(cast)[1])
        for product_id, cast in votes.items()
    ]
    return _filled(ranked, n, left_out, popularity)


def _weight(part: str, value: object) -> float:
    if part not in PARTS:
        raise InvalidRequestError(f"Weights are {', '.join(PARTS)}.", "invalid_weights")
    try:
        number = math.nan if isinstance(value, bool) else float(str(value))
    except ValueError:
        number = math.nan
    if math.isnan(number):
        raise InvalidRequestError("A weight is a number from 0 to 10.", "invalid_weights")
    return min(max(number, 0.0), LARGEST_WEIGHT)


def _candidate(row: Row) -> Candidate:
    return row if isinstance(row, Candidate) else Candidate(*row)


def _score(row: Candidate, amounts: Sequence[float]) -> float:
    content, collaborative, habit, trend = amounts
    return (
        content * row.content
        + collaborative * row.collaborative
        + habit * row.habit
        + trend * row.trend
    )


def _reason(row: Candidate, amounts: Sequence[float]) -> str:
    if row.because == row.product_id:
        return "again"
    if row.habit > 0:
        return "before"
    taste = max(amounts[0] * row.content, 0.0) + max(amounts[1] * row.collaborative, 0.0)
    if taste > 0 and taste >= amounts[3] * row.trend:
        return "because" if row.because else "alike"
    return "popular"


def _filled(
    ranked: Iterable[Recommendation], n: int, exclude: Collection[str], popularity: Iterable[Row]
) -> list[Recommendation]:
    chosen = sorted(ranked, key=lambda one: (-one.score, one.product_id))[: max(n, 0)]
    known = {one.product_id for one in chosen}.union(exclude)
    for product_id, *_ in popularity:
        if len(chosen) >= n:
            break
        if product_id not in known:
            known.add(product_id)
            chosen.append(Recommendation(product_id, 0.0, "popular"))
    return chosen
