"""Choosing and measuring the recommender: on the past alone, beside what is plain, and refused when too little."""

import numpy as np
import pandas as pd
import pytest

from regulars.domain.errors import InsufficientDataError
from regulars.learning.recommender.holdout import hold_out
from regulars.learning.recommender.purchases import purchases
from regulars.learning.recommender.ranking_quality import quality
from regulars.learning.recommender.recipe_search import choose, window
from regulars.learning.recommender.trainer import RecommenderTrainer
from tests.support import sample_shops as shops

WEEK = 7 * shops.DAY


def some(people: int, weeks: int) -> pd.DataFrame:
    bought = shops.interactions(max(people, 1), weeks)
    return bought.head(0) if people == 0 else bought


def test_trained_recommender_finds_more_than_popularity() -> None:
    trained = RecommenderTrainer().fit(shops.dataset())
    found, popular = trained.metrics["all"], trained.metrics["popularity"]["all"]
    assert found["ndcg10"] > popular["ndcg10"] + 0.1
    assert found["people"] == 80


def test_trained_recommender_and_its_export_agree() -> None:
    trainer, shop = RecommenderTrainer(), shops.dataset()
    trained = trainer.fit(shop)
    by_artifact = trainer.predict(trained.estimator, shop)
    assert np.abs(by_artifact - trainer.score(trained.scorer, shop)).max() < 1e-9
    assert by_artifact.std() > 0.1


def test_first_recommender_is_compared_with_popularity() -> None:
    trainer, shop = RecommenderTrainer(), shops.dataset()
    comparison = trainer.compare(trainer.fit(shop), None, shop)
    assert comparison.gain > comparison.error


def test_same_recipe_gains_nothing_over_itself() -> None:
    trainer, shop = RecommenderTrainer(), shops.dataset()
    trained = trainer.fit(shop)
    comparison = trainer.compare(trained, trained.scorer, shop)
    assert (comparison.gain, comparison.compatible) == (0.0, True)


@pytest.mark.parametrize(
    "change", [{"cutoff": "2025-12-20T00:00:00.000Z"}, {"products": ["tea-1"]}]
)
def test_champion_without_trend_or_products_gives_way(change: dict[str, object]) -> None:
    trainer, shop = RecommenderTrainer(), shops.dataset()
    trained = trainer.fit(shop)
    assert not trainer.compare(trained, trained.scorer | change, shop).compatible


@pytest.mark.parametrize(
    ("people", "weeks", "words"),
    [(10, 30, "10 buyers"), (150, 3, "bought again"), (0, 30, "0 buyers")],
)
def test_too_little_data_is_refused_with_what_is_missing(
    people: int, weeks: int, words: str
) -> None:
    with pytest.raises(InsufficientDataError, match=words):
        RecommenderTrainer().fit(shops.dataset(some(people, weeks)))


def test_recipe_is_chosen_without_what_came_later() -> None:
    bought = purchases(shops.interactions())
    start, end = shops.NOW - 12 * WEEK, shops.NOW - 6 * WEEK
    before = bought.between(-np.inf, end)
    assert choose(window(bought, shops.products(), start, end)) == choose(
        window(before, shops.products(), start, end)
    )


def test_hold_out_keeps_only_what_was_known_before() -> None:
    bought = purchases(shops.interactions())
    middle = shops.NOW - 15 * WEEK
    earlier, later = bought.between(-np.inf, middle), bought.between(middle, np.inf)
    part = hold_out(earlier, later, middle, 365.0)
    assert part.next_all.shape == part.counts.shape
    assert part.next_new.multiply(part.counts).nnz == 0


def test_perfect_ranking_has_an_ndcg_of_one() -> None:
    bought = purchases(shops.interactions())
    middle = shops.NOW - 15 * WEEK
    part = hold_out(bought.between(-np.inf, middle), bought.between(middle, np.inf), middle, 365.0)
    assert quality(np.asarray(part.next_all.todense()), part, "all").ndcg10 == 1.0
    assert quality(-np.asarray(part.next_all.todense()), part, "all").ndcg10 < 0.9
