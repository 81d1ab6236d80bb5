"""Recommend products for a known person and for a visitor, in one shape whether the person is known or not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from regulars.domain.errors import ProfileNotFoundError
from regulars.domain.money import format_major_units
from regulars.learning.recommender.reasons import explain_recommendation
from regulars.learning.recommender.scorer import (
    ListRules,
    Recommendation,
    adjust_weights,
    recommend_for_items,
    recommend_for_profile,
)
from regulars.profiles.served_profiles import (
    MAX_PROFILE_ID_CHARACTERS,
    ScoredProfile,
    ServedProfiles,
)
from regulars.store.products import Product, Products
from regulars.store.published_lists import PublishedLists

# A product that was bought in these days is not recommended.
JUST_BOUGHT_DAYS = 3
# The weights until a model has learned them.
DEFAULT_WEIGHTS = {"content": 1.0, "collaborative": 1.0, "habit": 1.0, "trend": 1.0}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class RecommendationRequest:
    """The number of products, whether all are new, the products to exclude, and weights that replace the learned ones."""

    count: int
    only_new: bool = False
    exclude: tuple[str, ...] = ()
    weights: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RecommendationSurfaces:
    """The stored candidates and lists from which recommendations are made."""

    profiles: ServedProfiles
    products: Products
    published_lists: PublishedLists

    def recommend_for_owner(
        self, profile_id: str, request: RecommendationRequest, now: datetime
    ) -> dict[str, Any]:
        """Recommend for the profile with this id; raise ProfileNotFoundError when there is none."""
        profile = self._find_profile(profile_id)
        if profile is None:
            raise ProfileNotFoundError(profile_id)
        return self._recommend_for_person(profile_id, profile, request, now)

    def recommend_for_storefront(
        self, profile_id: str, request: RecommendationRequest, now: datetime
    ) -> dict[str, Any]:
        """Recommend as for the owner; for an unknown id, popular products, so that no caller learns which ids exist."""
        profile = self._find_profile(profile_id)
        return self._recommend_for_person(profile_id, profile, request, now)

    def recommend_for_visitor(
        self, items: Sequence[str], request: RecommendationRequest
    ) -> dict[str, Any]:
        """Recommend for an unknown visitor who viewed these products; popular products fill the list."""
        learned = DEFAULT_WEIGHTS | self.published_lists.read_weights()
        weights = adjust_weights(learned, request.weights)
        neighbours = dict.fromkeys(items, ()) | self.products.find_neighbours(items)
        popular = self.published_lists.read_popular_products()
        chosen = recommend_for_items(neighbours, popular, weights, request.count, request.exclude)
        return {"items_seen": list(items), **self._build_response(chosen, "model", weights)}

    def _find_profile(self, profile_id: str) -> ScoredProfile | None:
        if len(profile_id) > MAX_PROFILE_ID_CHARACTERS:
            return None
        return self.profiles.find_with_candidates(profile_id)

    def _recommend_for_person(
        self,
        profile_id: str,
        profile: ScoredProfile | None,
        request: RecommendationRequest,
        now: datetime,
    ) -> dict[str, Any]:
        stored = profile.candidates if profile else {}
        weights = adjust_weights(DEFAULT_WEIGHTS | stored.get("weights", {}), request.weights)
        bought = stored.get("bought", {})
        chosen = recommend_for_profile(
            stored.get("candidates", ()),
            weights,
            ListRules(
                request.count,
                {*request.exclude, *_find_recent_purchases(bought, now)},
                0.0 if request.only_new else stored.get("repeat_share"),
            ),
            self.published_lists.read_popular_products(),
            bought,
        )
        basis = "model" if stored.get("status") == "ok" else "rules"
        version = stored.get("model_version") or None
        response = self._build_response(chosen, basis, weights)
        return {"profile_id": profile_id, "model_version": version, **response}

    def _build_response(
        self, chosen: Sequence[Recommendation], basis: str, weights: Mapping[str, float]
    ) -> dict[str, Any]:
        ids = [id_ for choice in chosen for id_ in (choice.product_id, choice.because) if id_]
        products = self.products.find_products(ids)
        names = {product_id: product.name for product_id, product in products.items()}
        has_scores = any(choice.score for choice in chosen)
        return {
            "basis": basis if has_scores else "popularity",
            "weights": dict(weights),
            "items": [
                _item_view(choice, products.get(choice.product_id, Product()), names)
                for choice in chosen
            ],
        }


def _item_view(
    choice: Recommendation, product: Product, names: Mapping[str, str]
) -> dict[str, Any]:
    price = None if product.price is None else format_major_units(product.price, product.currency)
    return {
        "product_id": choice.product_id,
        "name": product.name,
        "category": product.category,
        "price": price,
        "currency": product.currency or None,
        "score": round(choice.score, 6),
        "reason": explain_recommendation(choice, names),
        "because": choice.because or None,
    }


def _find_recent_purchases(bought: Mapping[str, int], now: datetime) -> list[str]:
    today = (now - _EPOCH) // timedelta(days=1)
    return [product_id for product_id, day in bought.items() if today - day < JUST_BOUGHT_DAYS]
