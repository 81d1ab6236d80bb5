"""Compare a recommender with another one, and with the rules that it must beat, on the people of one hold-out."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from regulars.learning.contract import MIN_STANDARD_ERRORS, Requirement
from regulars.learning.recommender.holdout import HOLD_OUT_MODES, HoldOut
from regulars.learning.recommender.plain_ease import fit_plain_ease
from regulars.learning.recommender.ranking_quality import RankingQuality
from regulars.learning.recommender.recipe_evaluation import RecipeEvaluation
from regulars.learning.recommender.shop_history import ShopHistory

type QualityMeasure = Callable[[str], RankingQuality]


class RankingGain(NamedTuple):
    """The mean gain in NDCG@10 over a baseline, and its standard error; both are 0 without anybody to compare on."""

    mean: float
    standard_error: float


def compare_rankings(
    hold_out: HoldOut,
    measure: QualityMeasure,
    measure_baseline: QualityMeasure,
    modes: tuple[str, ...] = HOLD_OUT_MODES,
) -> RankingGain:
    """Return the gain over a baseline in some modes together.

    The two lists of a person are alike, so that the error is that of a ratio of sums over people (Cochran, "Sampling
    Techniques", 1977, section 6.4) and not that of independent lists.
    """
    people = hold_out.counts.shape[0]
    gains, lists = np.zeros(people), np.zeros(people)
    for mode in modes:
        rows = np.flatnonzero(np.diff(hold_out.find_relevant_products(mode).indptr))
        gains[rows] += measure(mode).ndcg - measure_baseline(mode).ndcg
        lists[rows] += 1
    if not lists.any():
        return RankingGain(0.0, 0.0)
    mean = gains.sum() / lists.sum()
    standard_error = np.linalg.norm(gains - mean * lists) / lists.sum()
    return RankingGain(float(mean), float(standard_error))


def check_requirements(
    evaluation: RecipeEvaluation, history: ShopHistory
) -> tuple[Requirement, ...]:
    """Check that a recipe beats popularity and own frequency, and is not below plain EASE.

    EASE is one of the recipes: a recommender that equals it is as good as it gets. Each of its two lists counts alone.
    """
    return (
        Requirement(
            "popularity",
            _is_beaten(evaluation, evaluation.measure_popularity),
            "It does not recommend better than popularity, beyond chance.",
        ),
        Requirement(
            "frequency",
            _is_beaten(evaluation, evaluation.measure_frequency),
            "It does not recommend better than what each person buys most, beyond chance.",
        ),
        Requirement(
            "plain_ease",
            _matches_plain_ease(evaluation, history),
            "It recommends worse than plain EASE, beyond the error.",
        ),
    )


def _is_beaten(evaluation: RecipeEvaluation, measure_rule: QualityMeasure) -> bool:
    gain = compare_rankings(evaluation.hold_out, evaluation.measure_hybrid, measure_rule)
    return gain.mean > MIN_STANDARD_ERRORS * gain.standard_error


def _matches_plain_ease(evaluation: RecipeEvaluation, history: ShopHistory) -> bool:
    """Return whether both lists are not worse; a catalogue that is too large for EASE is not compared."""
    earlier = history.purchases.select_between(-np.inf, history.window_start)
    ease = fit_plain_ease(earlier.build_binary_matrix(), evaluation.model.recipe["ridge"])
    if ease is None:
        return True
    hold_out = evaluation.hold_out
    gains = [
        compare_rankings(
            hold_out,
            evaluation.measure_hybrid,
            lambda mode: ease.measure_quality(hold_out, mode),
            (mode,),
        )
        for mode in HOLD_OUT_MODES
    ]
    return all(gain.mean >= -gain.standard_error for gain in gains)
