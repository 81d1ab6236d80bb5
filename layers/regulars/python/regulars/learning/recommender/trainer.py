"""Train the recommender: choose a recipe on one window, evaluate it on the next, then fit it on everything."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np

from regulars.domain.errors import InsufficientDataError
from regulars.domain.texts import format_count
from regulars.domain.times import from_text, to_text
from regulars.learning.contract import Dataset, FloatArray, ModelComparison, TrainedModel, Trainer
from regulars.learning.recommender.fitting import Recipe, fit_model
from regulars.learning.recommender.history_scorer import HistoryScorer
from regulars.learning.recommender.hybrid_model import HISTORY_HALF_LIFE_DAYS, HybridModel
from regulars.learning.recommender.purchases import DAY_SECONDS, Purchases
from regulars.learning.recommender.recipe_evaluation import RecipeEvaluation, report_metrics
from regulars.learning.recommender.recipe_search import MIN_WINDOW_PEOPLE
from regulars.learning.recommender.rule_comparison import check_requirements, compare_rankings
from regulars.learning.recommender.scorer_export import export_scorer
from regulars.learning.recommender.shop_history import ShopHistory

MIN_BUYERS = 50
MIN_PRODUCTS = 10
MAX_TREND_AGE_DAYS = 7.0  # the trend is that of two weeks: a champion of this age has lost it


class RecommenderTrainer(Trainer):
    """Train the hybrid model: content, collaborative votes, habit and trend, with weights chosen on the shop's past."""

    model = "recommender"

    def __init__(self) -> None:
        self._last_history: ShopHistory | None = None

    def fit(self, dataset: Dataset) -> TrainedModel:
        """Choose and evaluate a recipe on the windows before the cut-off, then fit it on all purchases."""
        history = self._load_history(dataset)
        _check_minimum_data(history.purchases)
        return _fit_recipe(history.choose_recipe(), history)

    def predict(self, estimator: HybridModel, dataset: Dataset) -> FloatArray:
        """Return the hybrid scores of a sample of people, people by products."""
        history = self._load_history(dataset)
        purchases = history.sample_purchases().with_products(estimator.products)
        return estimator.score_products(
            purchases.compute_decayed_counts(history.now, HISTORY_HALF_LIFE_DAYS)
        )

    def score(self, scorer: Mapping[str, Any], dataset: Dataset) -> FloatArray:
        """Return the plain scorer's hybrid scores of the same people."""
        history, history_scorer = self._load_history(dataset), HistoryScorer(scorer)
        return np.asarray(
            [
                [total for _, total in history_scorer.score_products(counts)]
                for counts in _sample_product_counts(history)
            ]
        )

    def compare(
        self, trained: TrainedModel, champion: Mapping[str, Any] | None, dataset: Dataset
    ) -> ModelComparison:
        """Compare NDCG@10 of both recipes, fitted before the same hold-out; without a champion, with popularity.

        A champion is incompatible when it lacks a product or when its trend is out of date.
        """
        history = self._load_history(dataset)
        challenger = history.evaluate_recipe(Recipe(**trained.scorer["recipe"]))
        baseline = challenger.measure_popularity
        if champion is not None:
            baseline = history.evaluate_recipe(Recipe(**champion["recipe"])).measure_hybrid
        gain = compare_rankings(challenger.hold_out, challenger.measure_hybrid, baseline)
        return ModelComparison(
            gain=gain.mean,
            standard_error=gain.standard_error,
            compatible=champion is None or _can_serve(champion, history),
            requirements=check_requirements(challenger, history),
        )

    def renew(
        self, trained: TrainedModel, champion: Mapping[str, Any], dataset: Dataset
    ) -> TrainedModel:
        """Fit the champion's recipe on all purchases."""
        if trained.scorer["recipe"] == champion["recipe"]:
            return trained
        return _fit_recipe(Recipe(**champion["recipe"]), self._load_history(dataset))

    def _load_history(self, dataset: Dataset) -> ShopHistory:
        """Return the history of a dataset; keep the last one, because millions of purchases take seconds to read."""
        if self._last_history is None or self._last_history.dataset is not dataset:
            self._last_history = ShopHistory(dataset)
        return self._last_history


def _sample_product_counts(history: ShopHistory) -> list[dict[str, float]]:
    """Return the decayed counts of a sample of people, by product id."""
    purchases = history.sample_purchases()
    rows = purchases.compute_decayed_counts(history.now, HISTORY_HALF_LIFE_DAYS).tolil()
    return [
        dict(zip(history.purchases.products[positions], counts, strict=True))
        for positions, counts in zip(rows.rows, rows.data, strict=True)
    ]


def _fit_recipe(recipe: Recipe, history: ShopHistory) -> TrainedModel:
    """Evaluate a recipe on the last window, then fit it on all purchases."""
    evaluation = history.evaluate_recipe(recipe)
    _check_returning_buyers(evaluation, history.window_days)
    model = fit_model(history.purchases, history.dataset.products, recipe, history.now)
    return TrainedModel(
        estimator=model,
        scorer=export_scorer(model, history.dataset.manifest.cutoff),
        window=_describe_window(history),
        metrics=report_metrics(evaluation),
    )


def _check_minimum_data(purchases: Purchases) -> None:
    for count, minimum, noun in (
        (len(purchases.people), MIN_BUYERS, "buyers"),
        (len(purchases.products), MIN_PRODUCTS, "products"),
    ):
        if count < minimum:
            raise InsufficientDataError(
                f"{count} {noun}; recommendations are learnt from {minimum} on."
            )


def _check_returning_buyers(evaluation: RecipeEvaluation, window_days: float) -> None:
    people = evaluation.hold_out.counts.shape[0]
    if people < MIN_WINDOW_PEOPLE:
        raise InsufficientDataError(
            f"{format_count(people, 'person')} bought again in the last {window_days:.0f} days; "
            f"recommendations are learnt from {MIN_WINDOW_PEOPLE} on."
        )


def _can_serve(champion: Mapping[str, Any], history: ShopHistory) -> bool:
    age_seconds = history.now - from_text(champion["cutoff"]).timestamp()
    has_trend = age_seconds < MAX_TREND_AGE_DAYS * DAY_SECONDS
    return has_trend and set(history.purchases.products) <= set(champion["products"])


def _describe_window(history: ShopHistory) -> dict[str, str]:
    start = datetime.fromtimestamp(history.window_start, UTC)
    return {"holdout_from": to_text(start), "holdout_days": f"{history.window_days:.0f}"}
