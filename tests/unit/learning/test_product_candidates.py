"""What people may be offered where nothing was learnt, or nothing was ever sold."""

import pandas as pd
import pytest

from regulars.learning.scoring.candidate_generation import Taste, Tastes
from regulars.learning.scoring.champion_loading import Standing
from tests.support import sample_shops as shops

RULES = Standing("insufficient_data")


def tastes(bought: pd.DataFrame) -> Tastes:
    return Tastes(bought, shops.products(), shops.NOW, RULES)


def beside(bought: pd.DataFrame, *profile_ids: str) -> list[Taste]:
    rows = [{"profile_id": id_} for id_ in profile_ids]
    return [taste for _, taste in tastes(bought).beside(rows)]


def test_shop_without_a_sale_offers_nothing() -> None:
    empty = shops.interactions().head(0)
    assert beside(empty, "p_000") == [Taste()]
    assert tastes(empty).popular == []
    assert tastes(empty).next_best(Taste()) == []


def test_products_come_without_neighbours_where_nothing_was_learnt() -> None:
    listed = list(tastes(shops.interactions()).listed())
    assert len(listed) == 2 * shops.KINDS
    assert all(one.neighbours == [] for one in listed)


def test_everybody_gets_their_own_taste_and_strangers_none() -> None:
    first, stranger, second = beside(shops.interactions(), "p_000", "p_000x", "p_001")
    assert stranger == Taste()
    assert first.candidates[0].product_id == "tea-0"
    assert second.candidates[0].product_id == "mug-0"


def test_days_of_late_purchases_are_told() -> None:
    (taste,) = beside(shops.interactions(), "p_000")
    today = shops.NOW // shops.DAY
    assert taste.bought
    assert all(0 <= today - day <= 90 for day in taste.bought.values())


def test_purchases_after_the_cut_off_change_nothing() -> None:
    bought = shops.interactions()
    later = bought.assign(occurred_at=bought["occurred_at"] + 400 * shops.DAY)
    both = pd.concat([bought, later.assign(order_key="later")])
    assert beside(both, "p_000") == beside(bought, "p_000")


@pytest.mark.parametrize("name", ["popular right now", "you usually buy this again"])
def test_next_best_products_mix_habit_and_popularity(name: str) -> None:
    bought = shops.interactions()
    (taste,) = beside(bought, "p_000")
    short = Taste(taste.candidates[:1])
    reasons = {one["reason"] for one in tastes(bought).next_best(short)}
    assert name in reasons
