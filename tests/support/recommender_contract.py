"""Define the tests that every implementation of the recommender inherits."""

import pandas as pd
import pytest

from tests.support import taste_shop

type ProductScores = dict[str, float]


class RecommenderContract:
    """Inherit and implement `score_products`; the right answers are known by the shop's construction."""

    def score_products(
        self, interactions: pd.DataFrame, history: dict[str, float]
    ) -> ProductScores:
        """Return the hybrid score of each product for a person with these purchase counts."""
        raise NotImplementedError

    def test_own_taste_comes_before_the_other(self) -> None:
        history = {"tea-1": 1.0, "tea-2": 1.0}
        scores = self.score_products(taste_shop.build_interactions(), history)
        best = sorted(scores, key=lambda product_id: -scores[product_id])[:5]
        assert {product_id.partition("-")[0] for product_id in best} == {"tea"}

    def test_order_of_rows_changes_nothing(self) -> None:
        interactions = taste_shop.build_interactions()
        shuffled = interactions.sample(frac=1, random_state=7)
        history = {"tea-1": 1.0}
        assert self.score_products(shuffled, history) == self.score_products(interactions, history)

    def test_quantities_and_amounts_change_nothing(self) -> None:
        interactions = taste_shop.build_interactions()
        larger = interactions.assign(
            quantity=interactions["quantity"] * 40, amount=interactions["amount"] * 9
        )
        history = {"mug-3": 2.0}
        assert self.score_products(larger, history) == self.score_products(interactions, history)

    def test_unknown_product_in_a_history_counts_for_nothing(self) -> None:
        interactions = taste_shop.build_interactions()
        scores = self.score_products(interactions, {"tea-1": 1.0, "gone": 3.0})
        assert scores == pytest.approx(self.score_products(interactions, {"tea-1": 1.0}))

    def test_empty_history_scores_every_product(self) -> None:
        scores = self.score_products(taste_shop.build_interactions(), {})
        assert len(scores) == 2 * taste_shop.PRODUCTS_PER_TASTE
        assert all(abs(score) < 10 for score in scores.values())

    def test_one_product_shop_scores_its_product(self) -> None:
        interactions = taste_shop.build_interactions()
        single_product = interactions[interactions["product_id"] == "tea-1"]
        assert set(self.score_products(single_product, {"tea-1": 1.0})) == {"tea-1"}
