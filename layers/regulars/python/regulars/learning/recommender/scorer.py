"""Recommend products from published candidates and neighbours in plain Python."""

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
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


class ListRules(NamedTuple):
    """How a list is composed: its length, the products to leave out, and the places for products bought before.

    `repeat_share` is the share of these places. With 0 every product is new to the person; with None the score alone
    decides.
    """

    size: int
    excluded_ids: Collection[str] = ()
    repeat_share: float | None = None


def adjust_weights(weights: Weights, requested: Mapping[str, object]) -> dict[str, float]:
    """Return the learnt weights with requested ones in their place.

    Raise InvalidRequestError for an unknown part and for a value that is not a number from 0 to 10.

    >>> adjust_weights({"content": 1.0, "habit": 2.0}, {"habit": "5"})
    {'content': 1.0, 'habit': 5.0}
    """
    return {**weights, **{part: _parse_weight(part, value) for part, value in requested.items()}}


def recommend_for_profile(
    candidates: Iterable[Row],
    weights: Weights,
    rules: ListRules,
    popular: Iterable[Row] = (),
    bought: Collection[str] = (),
) -> list[Recommendation]:
    """Return the best candidates of a person in the places that the rules keep for each kind.

    `popular` ([product id, score], best first) follows the candidates of each kind; what the person `bought` is not new.
    """
    part_weights = [weights.get(part, 0.0) for part in PART_NAMES]
    rows = [_to_candidate(row) for row in candidates]
    allowed = [row for row in rows if row.product_id not in rules.excluded_ids]
    fillers = [
        Recommendation(product_id, 0.0, "before" if product_id in bought else "popular")
        for product_id in _list_popular(popular, {*rules.excluded_ids, *_list_ids(rows)})
    ]
    if rules.repeat_share is None:
        return [*_rank_candidates(allowed, part_weights), *fillers][: max(rules.size, 0)]
    repeats = _rank_candidates((row for row in allowed if row.habit > 0), part_weights)
    new = _rank_candidates((row for row in allowed if row.habit <= 0), part_weights)
    repeats += [entry for entry in fillers if entry.reason == "before"]
    new += [entry for entry in fillers if entry.reason == "popular"]
    return assemble_list(repeats, new, rules.repeat_share, rules.size)


def assemble_list[Entry](
    repeats: Sequence[Entry], new: Sequence[Entry], repeat_share: float, count: int
) -> list[Entry]:
    """Return `count` entries: in each beginning of the list a share of repeats, the first place included.

    The other kind takes the places that one kind cannot fill; a share of 0 admits no repeat.

    >>> assemble_list(["a", "b", "c"], ["x", "y", "z"], 0.4, 6)
    ['a', 'x', 'y', 'b', 'z', 'c']
    """
    if not repeat_share:
        return list(new[: max(count, 0)])
    entries: list[Entry] = []
    used = 0
    while len(entries) < min(count, len(repeats) + len(new)):
        place = len(entries)
        is_repeat = used <= math.floor(repeat_share * place) or place - used >= len(new)
        is_repeat = is_repeat and used < len(repeats)
        entries.append(repeats[used] if is_repeat else new[place - used])
        used += is_repeat
    return entries


def recommend_for_items(
    neighbours: Mapping[str, Iterable[Row]],
    popular: Iterable[Row],
    weights: Weights,
    count: int,
    excluded_ids: Collection[str] = (),
) -> list[Recommendation]:
    """Return the `count` products that go best with the seeds, the keys of `neighbours`.

    The neighbours of a seed are [product id, content, collaborative]. The votes of all seeds add up and are scaled as in
    the hybrid score: to a largest value of 1, the collaborative ones by their root. A seed is never recommended itself;
    `popular` fills the list and answers for unknown seeds.
    """
    unwanted_ids = {*excluded_ids, *neighbours}
    votes_by_product: dict[str, list[tuple[float, float, str]]] = {}
    for seed, rows in neighbours.items():
        for product_id, content, collaborative in rows:
            if product_id not in unwanted_ids:
                votes_by_product.setdefault(product_id, []).append((content, collaborative, seed))
    ranked = _rank_neighbours(votes_by_product, weights)[: max(count, 0)]
    unused = _list_popular(popular, unwanted_ids.union(_list_ids(ranked)))
    fillers = [Recommendation(product_id, 0.0, "popular") for product_id in unused]
    return [*ranked, *fillers][: max(count, 0)]


def _rank_neighbours(
    votes_by_product: Mapping[str, Sequence[tuple[float, float, str]]], weights: Weights
) -> list[Recommendation]:
    """Return the products with votes (content, collaborative, seed) by their score, best first."""
    content_weight = weights.get("content", 0.0)
    collaborative_weight = weights.get("collaborative", 0.0)
    sums = {
        product_id: (math.fsum(vote[0] for vote in votes), math.fsum(vote[1] for vote in votes))
        for product_id, votes in votes_by_product.items()
    }
    largest_content = max((content for content, _ in sums.values()), default=0.0) or 1.0
    largest_collaborative = max((votes for _, votes in sums.values()), default=0.0) or 1.0

    def weigh_votes(content: float, collaborative: float) -> float:
        root = math.sqrt(max(collaborative, 0.0) / largest_collaborative)
        return content_weight * content / largest_content + collaborative_weight * root

    ranked = [
        Recommendation(
            product_id=product_id,
            score=weigh_votes(*sums[product_id]),
            reason="viewed",
            because=max((weigh_votes(*vote[:2]), vote[2]) for vote in votes)[1],
        )
        for product_id, votes in votes_by_product.items()
        if weigh_votes(*sums[product_id]) > 0
    ]
    return sorted(ranked, key=lambda entry: (-entry.score, entry.product_id))


def _rank_candidates(
    candidates: Iterable[ProductCandidate], part_weights: Sequence[float]
) -> list[Recommendation]:
    """Return candidates by their score, best first."""
    scored = sorted(
        (-_score_candidate(row, part_weights), row.product_id, row) for row in candidates
    )
    return [
        Recommendation(
            product_id=product_id,
            score=-negative_score,
            reason=_choose_reason(candidate, part_weights),
            because=candidate.because,
        )
        for negative_score, product_id, candidate in scored
    ]


def _parse_weight(part: str, value: object) -> float:
    if part not in PART_NAMES:
        raise InvalidRequestError(f"Weights are {', '.join(PART_NAMES)}.", "invalid_weights")
    # float() would also accept '1_0', 'inf' and digits of other scripts.
    is_number = re.fullmatch(r"[0-9]+(\.[0-9]+)?", str(value), re.ASCII)
    number = float(str(value)) if is_number else math.nan
    if not 0 <= number <= MAX_WEIGHT:
        raise InvalidRequestError("A weight is a number from 0 to 10.", "invalid_weights")
    return number


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


def _list_ids(rows: Iterable[ProductCandidate | Recommendation]) -> list[str]:
    return [row.product_id for row in rows]


def _list_popular(popular: Iterable[Row], excluded_ids: Collection[str]) -> list[str]:
    """Return the id of each popular product once, in their order."""
    ids = dict.fromkeys(product_id for product_id, *_ in popular)
    return [product_id for product_id in ids if product_id not in excluded_ids]
