"""Evaluate a recipe on the last window, beside popularity and each person's own purchase frequency."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from regulars.domain.errors import InsufficientDataError
from regulars.learning.contract import FloatArray
from regulars.learning.recommender.fitting import Recipe, fit_model
from regulars.learning.recommender.holdout import HOLD_OUT_MODES, HoldOut, build_hold_out
from regulars.learning.recommender.hybrid_model import HISTORY_HALF_LIFE_DAYS, HybridModel
from regulars.learning.recommender.purchases import DAY_SECONDS, Purchases
from regulars.learning.recommender.ranking_quality import (
    RankingQuality,
    measure_ranking,
    merge_qualities,
)

FILLER_WEIGHT = 1e-6  # of popularity beside counts, so that it only orders products of equal count


@dataclass(frozen=True)
class RecipeEvaluation:
    """A hold-out, and the model that was fitted on the purchases before it."""

    hold_out: HoldOut
    model: HybridModel

    def measure_hybrid(self, mode: str) -> RankingQuality:
        """Measure the ranking by the hybrid score."""
        return self._measure_scores(lambda chunk: self.model.score_products(chunk.counts), mode)

    def measure_popularity(self, mode: str) -> RankingQuality:
        """Measure the ranking by popularity, the same for all people."""
        return self._measure_scores(lambda _chunk: self.model.popularity[None, :], mode)

    def measure_frequency(self, mode: str) -> RankingQuality:
        """Measure the ranking by each person's own counts, then by popularity."""
        filler = self.model.popularity[None, :] * FILLER_WEIGHT
        return self._measure_scores(lambda chunk: np.asarray(chunk.counts.todense()) + filler, mode)

    def _measure_scores(
        self, score_chunk: Callable[[HoldOut], FloatArray], mode: str
    ) -> RankingQuality:
        chunks = self.hold_out.iterate_chunks()
        return merge_qualities(
            [measure_ranking(score_chunk(chunk), chunk, mode) for chunk in chunks]
        )


def find_window_start(purchases: Purchases, days: float) -> float:
    """Return when the last `days` of the purchases begin, in epoch seconds."""
    return float(purchases.times.max()) + 1 - days * DAY_SECONDS


def evaluate_recipe(
    purchases: Purchases, products: pd.DataFrame, recipe: Recipe, days: float
) -> RecipeEvaluation:
    """Fit a recipe on the purchases before the last `days`, and hold out the people who bought in these days.

    Raise InsufficientDataError when there are no earlier purchases.
    """
    start = find_window_start(purchases, days)
    earlier = purchases.select_between(-np.inf, start)
    if not len(earlier.products):
        raise InsufficientDataError("Everything was bought in the last days; there is no past yet.")
    later = purchases.select_between(start, np.inf)
    hold_out = build_hold_out(earlier, later, start, HISTORY_HALF_LIFE_DAYS)
    return RecipeEvaluation(hold_out, fit_model(earlier, products, recipe, start))


def report_metrics(evaluation: RecipeEvaluation) -> dict[str, Any]:
    """Return the quality of the hybrid score, of popularity and of own frequency; the headline figures are of `new`."""
    hybrid = {mode: _report_quality(evaluation.measure_hybrid(mode)) for mode in HOLD_OUT_MODES}
    return {
        "ndcg10": hybrid["new"]["ndcg10"],
        "coverage": hybrid["new"]["coverage"],
        **hybrid,
        "popularity": {
            mode: _report_quality(evaluation.measure_popularity(mode)) for mode in HOLD_OUT_MODES
        },
        "frequency": {"all": _report_quality(evaluation.measure_frequency("all"))},
        "recipe": evaluation.model.recipe,
    }


def _report_quality(quality: RankingQuality) -> dict[str, float]:
    recalls = {"recall10": quality.recall10, "recall20": quality.recall20}
    return {
        "people": len(quality.ndcg),
        "ndcg10": round(quality.ndcg10, 6),
        **{
            name: round(float(recall.mean()), 6) if len(recall) else 0.0
            for name, recall in recalls.items()
        },
        "coverage": round(quality.coverage, 6),
    }
