"""Recommendations for a known person and for a visitor: one shape, whoever asks and whether anybody is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from regulars.domain.errors import ProfileNotFoundError
from regulars.domain.money import format_major_units
from regulars.learning.recommender.reasons import explain_recommendation
from regulars.learning.recommender.scorer import (
    Recommendation,
    adjust_weights,
    recommend_for_items,
    recommend_for_profile,
)
from regulars.store.products import Product, Products
from regulars.store.published import Published
from regulars.store.served_profiles import MAX_PROFILE_ID_CHARACTERS, Person, ServedProfiles

# Hardly anybody wants tomorrow what was bought today.
JUST_BOUGHT_DAYS = 3
# Used until a model has learnt them.
WEIGHTS = {"content": 1.0, "collaborative": 1.0, "habit": 1.0, "trend": 1.0}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Wish:
    """What the caller asks: how many, without which, and weights in place of the learnt ones."""

    n: int
    exclude: tuple[str, ...] = ()
    weights: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Recommender:
    """The published lists that recommendations are made from."""

    profiles: ServedProfiles
    products: Products
    published: Published

    def for_owner(self, profile_id: str, wish: Wish, now: datetime) -> dict[str, Any]:
        """For the person with this id; ProfileNotFoundError when there is none."""
        person = self._person(profile_id)
        if person is None:
            raise ProfileNotFoundError(profile_id)
        return self._for_person(profile_id, person, wish, now)

    def for_storefront(self, profile_id: str, wish: Wish, now: datetime) -> dict[str, Any]:
        """The same; an unknown id is answered with what is popular, so that nobody learns who exists."""
        return self._for_person(profile_id, self._person(profile_id), wish, now)

    def for_visitor(self, items: Sequence[str], wish: Wish) -> dict[str, Any]:
        """For somebody nobody knows, who looked at these items; what is popular fills the list."""
        weights = adjust_weights(WEIGHTS, wish.weights)
        neighbours = dict.fromkeys(items, ()) | self.products.neighbours(items)
        chosen = recommend_for_items(
            neighbours, self.published.popular(), weights, wish.n, wish.exclude
        )
        return {"items_seen": list(items), **self._told(chosen, "model", weights)}

    def _person(self, profile_id: str) -> Person | None:
        return (
            self.profiles.tempted(profile_id)
            if len(profile_id) <= MAX_PROFILE_ID_CHARACTERS
            else None
        )

    def _for_person(
        self, profile_id: str, person: Person | None, wish: Wish, now: datetime
    ) -> dict[str, Any]:
        lists = person.candidates if person else {}
        weights = adjust_weights(WEIGHTS | lists.get("weights", {}), wish.weights)
        chosen = recommend_for_profile(
            lists.get("candidates", ()),
            weights,
            wish.n,
            {*wish.exclude, *_just_bought(lists.get("bought", {}), now)},
            self.published.popular(),
        )
        basis = "model" if lists.get("status") == "ok" else "rules"
        version = lists.get("model_version") or None
        told = self._told(chosen, basis, weights)
        return {"profile_id": profile_id, "model_version": version, **told}

    def _told(
        self, chosen: Sequence[Recommendation], basis: str, weights: Mapping[str, float]
    ) -> dict[str, Any]:
        wanted = [id_ for one in chosen for id_ in (one.product_id, one.because) if id_]
        products = self.products.named(wanted)
        names = {id_: product.name for id_, product in products.items()}
        ranked = any(one.score for one in chosen)
        return {
            "basis": basis if ranked else "popularity",
            "weights": dict(weights),
            "items": [_item(one, products.get(one.product_id, Product()), names) for one in chosen],
        }


def _item(one: Recommendation, product: Product, names: Mapping[str, str]) -> dict[str, Any]:
    price = None if product.price is None else format_major_units(product.price, product.currency)
    return {
        "product_id": one.product_id,
        "name": product.name,
        "category": product.category,
        "price": price,
        "currency": product.currency or None,
        "score": round(one.score, 6),
        "reason": explain_recommendation(one, names),
        "because": one.because or None,
    }


def _just_bought(bought: Mapping[str, int], now: datetime) -> list[str]:
    today = (now - _EPOCH) // timedelta(days=1)
    return [product_id for product_id, day in bought.items() if today - day < JUST_BOUGHT_DAYS]
