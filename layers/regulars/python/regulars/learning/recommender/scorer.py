"""Recommend products from published candidates and neighbours in plain Python."""

import heapq
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from regulars.domain.errors import InvalidRequestError

PART_NAMES = ("content", "collaborative", "habit", "trend")
MAX_WEIGHT = 10.0

type Weights = Mapping[str, float]
# A candidate, a neighbour or a popular product as stored in JSON: its product id, then numbers.
type Row = Sequence[Any]


class ProductCandidate(NamedTuple):
    """A product that may be recommended to a person, with the four parts of its score.

    `because` is the product of the person's history with the largest vote for it, or the product itself when the person
    bought it in more than one order. It is stored as a JSON array.
    """

    product_id: str
    content: float = 0.0
    collaborative: float = 0.0
    habit: float = 0.0
    trend: float = 0.0
    because: str = ""


class Recommendation(NamedTuple):
    """A recommended product; `because` is a product id or ''.

    `reason` is again | before | because | viewed | alike | popular.
    """

    product_id: str
    score: float
    reason: str
    because: str = ""


def adjust_weights(weights: Weights, requested: Mapping[str, object]) -> dict[str, float]:
    """Return the learnt weights with requested ones in their place, clamped to 0…10.

    Raise InvalidRequestError for an unknown part and for a value that is not a number.

    >>> adjust_weights({"content": 1.0, "habit": 2.0}, {"habit": "50"})
    {'content': 1.0, 'habit': 10.0}
    """
    return {**weights, **{part: _parse_weight(part, value) for part, value in requested.items()}}


def recommend_for_profile(
    candidates: Iterable[Row],
    weights: Weights,
    count: int,
    excluded_ids: Collection[str] = (),
    popular: Iterable[Row] = (),
) -> list[Recommendation]:
    """Return the `count` best candidates of a person; `popular` ([product id, score], best first) fills the list."""
    part_weights = [weights.get(part, 0.0) for part in PART_NAMES]
    rows = [_to_candidate(row) for row in candidates]
    scored = [(-_score_candidate(row, part_weights), row.product_id, row) for row in rows]
    allowed = (entry for entry in scored if entry[1] not in excluded_ids)
    recommendations = [
        Recommendation(
            product_id=product_id,
            score=-negative_score,
            reason=_choose_reason(candidate, part_weights),
            because=candidate.because,
        )
        for negative_score, product_id, candidate in heapq.nsmallest(max(count, 0), allowed)
    ]
    return _fill_with_popular(recommendations, count, excluded_ids, popular)


def recommend_for_items(
    neighbours: Mapping[str, Iterable[Row]],
    popular: Iterable[Row],
    weights: Weights,
    count: int,
    excluded_ids: Collection[str] = (),
) -> list[Recommendation]:
    """Return the `count` products that go best with the seeds, the keys of `neighbours`.

    The neighbours of a seed are [product id, content, collaborative]; votes of several seeds add up. A seed is never
    recommended itself; `popular` fills the list and answers for unknown seeds.
    """
    unwanted_ids = {*excluded_ids, *neighbours}
    content_weight = weights.get("content", 0.0)
    collaborative_weight = weights.get("collaborative", 0.0)
    votes_by_product: dict[str, list[tuple[float, str]]] = {}
    for seed, rows in neighbours.items():
        for product_id, content, collaborative in rows:
            vote = content_weight * content + collaborative_weight * collaborative
            if product_id not in unwanted_ids and vote > 0:
                votes_by_product.setdefault(product_id, []).append((vote, seed))
    recommendations = [
        Recommendation(
            product_id=product_id,
            score=math.fsum(vote for vote, _ in votes),
            reason="viewed",
            because=max(votes)[1],
        )
        for product_id, votes in votes_by_product.items()
    ]
    return _fill_with_popular(recommendations, count, unwanted_ids, popular)


def _parse_weight(part: str, value: object) -> float:
    if part not in PART_NAMES:
        raise InvalidRequestError(f"Weights are {', '.join(PART_NAMES)}.", "invalid_weights")
    try:
        number = math.nan if isinstance(value, bool) else float(str(value))
    except ValueError:
        number = math.nan
    if math.isnan(number):
        raise InvalidRequestError("A weight is a number from 0 to 10.", "invalid_weights")
    return min(max(number, 0.0), MAX_WEIGHT)


def _to_candidate(row: Row) -> ProductCandidate:
    return row if isinstance(row, ProductCandidate) else ProductCandidate(*row)


def _score_candidate(candidate: ProductCandidate, part_weights: Sequence[float]) -> float:
    content, collaborative, habit, trend = part_weights
    return (
        content * candidate.content
        + collaborative * candidate.collaborative
        + habit * candidate.habit
        + trend * candidate.trend
    )


def _choose_reason(candidate: ProductCandidate, part_weights: Sequence[float]) -> str:
    if candidate.because == candidate.product_id:
        return "again"
    if candidate.habit > 0:
        return "before"
    content, collaborative, _, trend = part_weights
    similarity = max(content * candidate.content, 0.0)
    similarity += max(collaborative * candidate.collaborative, 0.0)
    if similarity > 0 and similarity >= trend * candidate.trend:
        return "because" if candidate.because else "alike"
    return "popular"


def _fill_with_popular(
    recommendations: Iterable[Recommendation],
    count: int,
    excluded_ids: Collection[str],
    popular: Iterable[Row],
) -> list[Recommendation]:
    """Return the best recommendations, and popular products in their order up to `count`."""
    ranked = sorted(recommendations, key=lambda entry: (-entry.score, entry.product_id))
    filled = ranked[: max(count, 0)]
    used_ids = {entry.product_id for entry in filled}.union(excluded_ids)
    missing_count = max(count - len(filled), 0)
    return [*filled, *islice(_recommend_popular(popular, used_ids), missing_count)]


def _recommend_popular(
    popular: Iterable[Row], excluded_ids: Collection[str]
) -> Iterator[Recommendation]:
    """Yield each popular product once, in their order."""
    for product_id in dict.fromkeys(product_id for product_id, *_ in popular):
        if product_id not in excluded_ids:
            yield Recommendation(product_id=product_id, score=0.0, reason="popular")
