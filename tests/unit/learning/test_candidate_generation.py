"""Candidates by rules, for a shop without a recommender or without a sale."""

import pandas as pd
import pytest

from regulars.learning.scoring.candidate_generation import CandidateGenerator, PersonCandidates
from regulars.learning.scoring.champion_loading import LoadedChampion
from tests.support import taste_shop

NO_CHAMPION = LoadedChampion("insufficient_data")


def build_generator(interactions: pd.DataFrame) -> CandidateGenerator:
    products = taste_shop.build_products()
    return CandidateGenerator(interactions, products, taste_shop.CUTOFF_SECONDS, NO_CHAMPION)


def generate_candidates(interactions: pd.DataFrame, *profile_ids: str) -> list[PersonCandidates]:
    rows = [{"profile_id": profile_id} for profile_id in profile_ids]
    return [person for _, person in build_generator(interactions).join_candidates(rows)]


def test_shop_without_a_sale_offers_nothing() -> None:
    empty = taste_shop.build_interactions().head(0)
    assert generate_candidates(empty, "p_000") == [PersonCandidates()]
    assert build_generator(empty).popular == []
    assert build_generator(empty).choose_next_best(PersonCandidates()) == []


def test_products_have_no_neighbours_without_a_recommender() -> None:
    products = list(build_generator(taste_shop.build_interactions()).list_products())
    assert len(products) == 2 * taste_shop.PRODUCTS_PER_TASTE
    assert all(product.neighbours == [] for product in products)


def test_people_get_their_own_taste_and_strangers_none() -> None:
    interactions = taste_shop.build_interactions()
    tea_drinker, stranger, mug_buyer = generate_candidates(interactions, "p_000", "p_000x", "p_001")
    assert stranger == PersonCandidates()
    assert tea_drinker.candidates[0].product_id == "tea-0"
    assert mug_buyer.candidates[0].product_id == "mug-0"


def test_purchase_days_are_of_the_last_90_days_and_of_popular_products() -> None:
    interactions = taste_shop.build_interactions()
    generator = build_generator(interactions)
    generator._popular_ids = {"tea-3"}
    ((_, person),) = generator.join_candidates([{"profile_id": "p_000"}])
    today = taste_shop.CUTOFF_SECONDS // taste_shop.DAY_SECONDS
    old = {product_id for product_id, day in person.purchase_days.items() if today - day > 90}
    assert old <= {"tea-3"}
    assert len(person.purchase_days) > len(old)


def test_purchases_after_the_cut_off_change_nothing() -> None:
    interactions = taste_shop.build_interactions()
    later_times = interactions["occurred_at"] + 400 * taste_shop.DAY_SECONDS
    later = interactions.assign(occurred_at=later_times, order_key="later")
    extended = pd.concat([interactions, later])
    assert generate_candidates(extended, "p_000") == generate_candidates(interactions, "p_000")


@pytest.mark.parametrize("reason", ["popular right now", "you usually buy this again"])
def test_next_best_products_mix_habit_and_popularity(reason: str) -> None:
    interactions = taste_shop.build_interactions()
    (person,) = generate_candidates(interactions, "p_000")
    person = PersonCandidates(person.candidates[:1])
    products = build_generator(interactions).choose_next_best(person)
    assert reason in {product["reason"] for product in products}
