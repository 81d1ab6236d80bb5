"""Generate the recommendation candidates of all people: by the recommender, or by rules when there is none."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from regulars.learning.recommender.hybrid_model import HybridModel
from regulars.learning.recommender.product_statistics import (
    compute_repeat_share,
    find_sold_products,
)
from regulars.learning.recommender.purchases import DAY_SECONDS, purchases_from_interactions
from regulars.learning.recommender.reasons import explain_recommendation
from regulars.learning.recommender.scorer import (
    ListRules,
    ProductCandidate,
    recommend_for_profile,
)
from regulars.learning.scoring.champion_loading import LoadedChampion
from regulars.learning.scoring.rule_candidates import generate_rule_candidates, rank_popular
from regulars.store.catalog import CatalogProduct, Neighbour

type FeatureRow = dict[str, Any]

MAX_NEXT_BEST_PRODUCTS = 5
RECENT_PURCHASE_DAYS = 90
MAX_RECENT_PURCHASES = 100
JUST_BOUGHT_DAYS = 3
RULE_WEIGHTS = {"content": 1.0, "collaborative": 1.0, "habit": 1.0, "trend": 1.0}


@dataclass(frozen=True)
class PersonCandidates:
    """The candidates of one person, and the day (since 1970) of the last purchase of each recent product."""

    candidates: list[ProductCandidate] = field(default_factory=list)
    purchase_days: dict[str, int] = field(default_factory=dict)


class CandidateGenerator:
    """Generate the candidates of all people in a dataset's interactions, as of `now` (epoch seconds)."""

    def __init__(
        self,
        interactions: pd.DataFrame,
        products: pd.DataFrame,
        now: float,
        champion: LoadedChampion,
    ) -> None:
        self._purchases = purchases_from_interactions(interactions).select_between(-np.inf, now)
        self._now = now
        self._latest_times = self._purchases.find_latest_times()
        self._champion = champion
        self._products = products.drop_duplicates("product_id")
        self._names = dict(zip(products["product_id"], products["name"], strict=True))
        self.popular = rank_popular(self._purchases, now)
        self._popular_ids = {product_id for product_id, _ in self.popular}
        self._repeat_share = round(compute_repeat_share(self._purchases), 4)
        self._model: HybridModel | None = champion.artifact
        self.weights = self._model.weights if self._model else RULE_WEIGHTS

    @property
    def status(self) -> str:
        """Return ok, or the reason why rules generate the candidates."""
        return self._champion.status

    def join_candidates(
        self, rows: Iterable[FeatureRow]
    ) -> Iterator[tuple[FeatureRow, PersonCandidates]]:
        """Yield each row with its person's candidates; rows are sorted by profile id, as the people are."""
        people = self._iterate_people()
        person = next(people, None)
        for row in rows:
            while person and person[0] < row["profile_id"]:
                person = next(people, None)
            is_same = person and person[0] == row["profile_id"]
            yield row, person[1] if person and is_same else PersonCandidates()

    def build_recommendations(self, person: PersonCandidates) -> dict[str, Any]:
        """Return what is stored for the API to recommend from."""
        return {
            "candidates": person.candidates,
            "weights": self.weights,
            "repeat_share": self._repeat_share,
            "bought": person.purchase_days,
            "model_version": self._champion.version,
            "status": self._champion.status,
        }

    def choose_next_best(self, person: PersonCandidates) -> list[dict[str, Any]]:
        """Return up to five products that the person did not buy in the last three days, each with its reason."""
        today = self._now // DAY_SECONDS
        just_bought = {
            product_id
            for product_id, day in person.purchase_days.items()
            if today - day < JUST_BOUGHT_DAYS
        }
        recommendations = recommend_for_profile(
            person.candidates,
            self.weights,
            ListRules(MAX_NEXT_BEST_PRODUCTS, just_bought, self._repeat_share),
            self.popular,
            person.purchase_days,
        )
        return [
            {
                "product_id": recommendation.product_id,
                "name": self._names.get(recommendation.product_id, ""),
                "reason": explain_recommendation(recommendation, self._names),
                "score": round(recommendation.score, 4),
            }
            for recommendation in recommendations
        ]

    def list_products(self) -> Iterator[CatalogProduct]:
        """Yield every product with its neighbours."""
        find_neighbours = self._build_neighbour_lookup()
        columns = ["product_id", "name", "category", "price", "currency"]
        for product_id, name, category, price, currency in self._products[columns].itertuples(
            index=False
        ):
            yield CatalogProduct(
                product_id=product_id,
                name=name,
                category=category,
                price=None if pd.isna(price) else int(price),
                currency=currency or "",
                neighbours=find_neighbours(product_id),
            )

    def _iterate_people(self) -> Iterator[tuple[str, PersonCandidates]]:
        people = zip(self._purchases.people, self._iterate_candidates(), strict=True)
        for index, (profile_id, candidates) in enumerate(people):
            yield (
                str(profile_id),
                PersonCandidates(candidates, self._list_recent_purchases(index)),
            )

    def _iterate_candidates(self) -> Iterator[list[ProductCandidate]]:
        if self._model is None:
            return generate_rule_candidates(self._purchases, self._now)
        return self._model.generate_candidates(self._purchases, self._now)

    def _list_recent_purchases(self, person_index: int) -> dict[str, int]:
        """Return the day of the last purchase of each product that a person bought in the last 90 days, newest first.

        Popular products are listed however long ago, so that none of them is taken for a new one.
        """
        start, end = self._latest_times.indptr[person_index : person_index + 2]
        days = self._latest_times.data[start:end] // DAY_SECONDS
        newest = np.argsort(-days, kind="stable")
        product_ids = self._purchases.products[self._latest_times.indices[start:end][newest]]
        first_day = self._now // DAY_SECONDS - RECENT_PURCHASE_DAYS
        return {
            product_id: int(day)
            for rank, (product_id, day) in enumerate(zip(product_ids, days[newest], strict=True))
            if (rank < MAX_RECENT_PURCHASES and day >= first_day) or product_id in self._popular_ids
        }

    def _build_neighbour_lookup(self) -> Callable[[str], list[Neighbour]]:
        model = self._model
        if model is None:
            return lambda _product_id: []
        indexes = {product_id: index for index, product_id in enumerate(model.products)}
        is_sold = find_sold_products(self._purchases.with_products(model.products))
        return lambda product_id: (
            model.find_neighbours(indexes[product_id], is_sold) if product_id in indexes else []
        )
