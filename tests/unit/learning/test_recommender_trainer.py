"""The recommender's trainer: it chooses on the past alone, beats popularity, and refuses too little data."""

from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from regulars.domain.errors import InsufficientDataError
from regulars.learning.recommender.fitting import Recipe
from regulars.learning.recommender.holdout import HoldOut, build_hold_out
from regulars.learning.recommender.plain_ease import fit_plain_ease
from regulars.learning.recommender.purchases import purchases_from_interactions
from regulars.learning.recommender.ranking_quality import RankingQuality, measure_ranking
from regulars.learning.recommender.recipe_search import (
    POPULARITY_ONLY_WEIGHTS,
    build_validation_window,
    choose_recipe,
)
from regulars.learning.recommender.rule_comparison import compare_rankings
from regulars.learning.recommender.similarity import MAX_INVERTED_ROWS
from regulars.learning.recommender.trainer import RecommenderTrainer
from tests.support import taste_shop

WEEK_SECONDS = 7 * taste_shop.DAY_SECONDS
MIDDLE_TIME = taste_shop.CUTOFF_SECONDS - 15 * WEEK_SECONDS


def build_interactions(people: int, weeks: int) -> pd.DataFrame:
    interactions = taste_shop.build_interactions(max(people, 1), weeks)
    return interactions.head(0) if people == 0 else interactions


def build_middle_hold_out() -> HoldOut:
    purchases = purchases_from_interactions(taste_shop.build_interactions())
    earlier, later = (
        purchases.select_between(-np.inf, MIDDLE_TIME),
        purchases.select_between(MIDDLE_TIME, np.inf),
    )
    return build_hold_out(earlier, later, MIDDLE_TIME, 365.0)


def test_trained_recommender_finds_more_than_popularity() -> None:
    trained = RecommenderTrainer().fit(taste_shop.build_dataset())
    hybrid, popularity = trained.metrics["all"], trained.metrics["popularity"]["all"]
    assert hybrid["ndcg10"] > popularity["ndcg10"] + 0.1
    assert hybrid["people"] == 80


def test_trained_recommender_and_its_export_agree() -> None:
    trainer, shop = RecommenderTrainer(), taste_shop.build_dataset()
    trained = trainer.fit(shop)
    predictions = trainer.predict(trained.estimator, shop)
    assert np.abs(predictions - trainer.score(trained.scorer, shop)).max() < 1e-9
    assert predictions.std() > 0.1


def test_first_recommender_is_compared_with_popularity() -> None:
    trainer, shop = RecommenderTrainer(), taste_shop.build_dataset()
    comparison = trainer.compare(trainer.fit(shop), None, shop)
    assert comparison.gain > comparison.standard_error


def test_same_recipe_gains_nothing_over_itself() -> None:
    trainer, shop = RecommenderTrainer(), taste_shop.build_dataset()
    trained = trainer.fit(shop)
    comparison = trainer.compare(trained, trained.scorer, shop)
    assert (comparison.gain, comparison.compatible) == (0.0, True)


@pytest.mark.parametrize(
    "change", [{"cutoff": "2025-12-20T00:00:00.000Z"}, {"products": ["tea-1"]}]
)
def test_champion_without_trend_or_products_gives_way(change: dict[str, object]) -> None:
    trainer, shop = RecommenderTrainer(), taste_shop.build_dataset()
    trained = trainer.fit(shop)
    assert not trainer.compare(trained, trained.scorer | change, shop).compatible


def test_incompatible_champion_is_compared_by_its_recipe() -> None:
    trainer, shop = RecommenderTrainer(), taste_shop.build_dataset()
    trained = trainer.fit(shop)
    worse = asdict(replace(Recipe(), weights=POPULARITY_ONLY_WEIGHTS))
    champion = trained.scorer | {"products": ["tea-1"], "recipe": worse}
    comparison = trainer.compare(trained, champion, shop)
    assert not comparison.compatible
    assert comparison.is_better
    assert trainer.renew(trained, champion, shop).scorer["recipe"] == worse
    assert trainer.renew(trained, trained.scorer, shop) is trained


def test_recommender_with_skill_meets_every_requirement() -> None:
    trainer, shop = RecommenderTrainer(), taste_shop.build_dataset()
    requirements = trainer.compare(trainer.fit(shop), None, shop).requirements
    assert {requirement.name: requirement.is_met for requirement in requirements} == {
        "popularity": True,
        "frequency": True,
        "plain_ease": True,
    }


def test_popularity_does_not_beat_own_frequency_or_plain_ease() -> None:
    trainer, shop = RecommenderTrainer(), taste_shop.build_dataset()
    trained = trainer.fit(shop)
    popularity = asdict(replace(Recipe(), weights=POPULARITY_ONLY_WEIGHTS))
    weak = trainer.renew(trained, {"recipe": popularity}, shop)
    requirements = trainer.compare(weak, None, shop).requirements
    assert [requirement.is_met for requirement in requirements] == [False, False, False]


def test_plain_ease_is_the_closed_form() -> None:
    matrix = purchases_from_interactions(taste_shop.build_interactions()).build_binary_matrix()
    ease = fit_plain_ease(matrix, 4.0)
    assert ease is not None
    dense = matrix.toarray()
    gram = dense.T @ dense + np.eye(dense.shape[1]) * 4.0 * dense.sum() / dense.shape[1]
    inverse = np.linalg.inv(gram)
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0)
    assert np.abs(ease.weights - expected).max() < 1e-5


def test_plain_ease_is_left_out_when_it_does_not_fit_in_memory() -> None:
    assert fit_plain_ease(sp.csr_matrix((2, MAX_INVERTED_ROWS + 1)), 4.0) is None


def test_two_lists_of_a_person_are_not_counted_as_two_people() -> None:
    hold_out = build_middle_hold_out()
    twice = replace(hold_out, next_new=hold_out.next_all)

    def measure_noise(mode: str) -> RankingQuality:
        ranking = np.random.default_rng(0).random(hold_out.next_all.shape)
        return measure_ranking(ranking, twice, "all")

    def measure_popularity(mode: str) -> RankingQuality:
        return measure_ranking(np.ones((1, hold_out.next_all.shape[1])), twice, "all")

    single = compare_rankings(twice, measure_noise, measure_popularity, ("all",))
    double = compare_rankings(twice, measure_noise, measure_popularity)
    assert double == pytest.approx(single)


@pytest.mark.parametrize(
    ("people", "weeks", "words"),
    [(10, 30, "10 buyers"), (150, 3, "bought again"), (0, 30, "0 buyers")],
)
def test_too_little_data_is_refused_with_what_is_missing(
    people: int, weeks: int, words: str
) -> None:
    with pytest.raises(InsufficientDataError, match=words):
        RecommenderTrainer().fit(taste_shop.build_dataset(build_interactions(people, weeks)))


def test_recipe_is_chosen_without_what_came_later() -> None:
    purchases = purchases_from_interactions(taste_shop.build_interactions())
    products, cutoff = taste_shop.build_products(), taste_shop.CUTOFF_SECONDS
    start, end = cutoff - 12 * WEEK_SECONDS, cutoff - 6 * WEEK_SECONDS
    earlier = purchases.select_between(-np.inf, end)
    window = build_validation_window(purchases, products, start, end)
    earlier_window = build_validation_window(earlier, products, start, end)
    assert choose_recipe(window) == choose_recipe(earlier_window)


def test_hold_out_keeps_only_what_was_known_before() -> None:
    hold_out = build_middle_hold_out()
    assert hold_out.next_all.shape == hold_out.counts.shape
    assert hold_out.next_new.multiply(hold_out.counts).nnz == 0


def test_perfect_ranking_has_an_ndcg_of_one() -> None:
    hold_out = build_middle_hold_out()
    totals = np.asarray(hold_out.next_all.todense())
    assert measure_ranking(totals, hold_out, "all").ndcg10 == 1.0
    assert measure_ranking(-totals, hold_out, "all").ndcg10 < 0.9
