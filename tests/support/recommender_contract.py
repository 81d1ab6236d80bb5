"""What every way to recommend promises, whatever it computes: one set of tests, inherited by each."""

import pandas as pd
import pytest

from tests.support import sample_shops as shops

type Totals = dict[str, float]


class RecommenderContract:
    """Inherit and say how to score; the right answers are known by the shop's construction."""

    def totals(self, bought: pd.DataFrame, history: dict[str, float]) -> Totals:
        """The hybrid score of each product for a person with this history."""
        raise NotImplementedError

    def test_own_taste_comes_before_the_other(self) -> None:
        totals = self.totals(shops.interactions(), {"tea-1": 1.0, "tea-2": 1.0})
        best = sorted(totals, key=lambda id_: -totals[id_])[:5]
        assert {id_.partition("-")[0] for id_ in best} == {"tea"}

    def test_order_of_rows_changes_nothing(self) -> None:
        bought = shops.interactions()
        shuffled = bought.sample(frac=1, random_state=7)
        history = {"tea-1": 1.0}
        assert self.totals(shuffled, history) == self.totals(bought, history)

    def test_quantities_and_amounts_change_nothing(self) -> None:
        bought = shops.interactions()
        larger = bought.assign(quantity=bought["quantity"] * 40, amount=bought["amount"] * 9)
        history = {"mug-3": 2.0}
        assert self.totals(larger, history) == self.totals(bought, history)

    def test_unknown_product_in_a_history_counts_for_nothing(self) -> None:
        bought = shops.interactions()
        known = self.totals(bought, {"tea-1": 1.0})
        assert self.totals(bought, {"tea-1": 1.0, "gone": 3.0}) == pytest.approx(known)

    def test_empty_history_scores_every_product(self) -> None:
        totals = self.totals(shops.interactions(), {})
        assert len(totals) == 2 * shops.KINDS
        assert all(abs(total) < 10 for total in totals.values())

    def test_one_product_shop_scores_its_product(self) -> None:
        bought = shops.interactions()
        only = bought[bought["product_id"] == "tea-1"]
        assert set(self.totals(only, {"tea-1": 1.0})) == {"tea-1"}
