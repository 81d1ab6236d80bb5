"""The evaluation of predicted probabilities against scikit-learn and known calibrations."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from regulars.learning.evaluation import ProbabilityEvaluation


def test_metrics_equal_those_of_scikit_learn() -> None:
    generator = np.random.default_rng(3)
    outcomes = (generator.random(300) < 0.4).astype(float)
    probabilities = outcomes * 0.2 + generator.random(300) * 0.8
    probabilities = np.round(np.clip(probabilities, 0, 1), 1)
    metrics = ProbabilityEvaluation(outcomes, probabilities).metrics()
    average_precision = average_precision_score(outcomes, probabilities)
    assert metrics["auc"] == pytest.approx(roc_auc_score(outcomes, probabilities), abs=1e-4)
    assert metrics["pr_auc"] == pytest.approx(average_precision, abs=1e-4)
    assert metrics["brier"] == pytest.approx(np.mean((outcomes - probabilities) ** 2), abs=1e-4)


def test_calibration_error_is_small_only_for_observed_rates() -> None:
    generator = np.random.default_rng(5)
    probabilities = generator.random(5000)
    outcomes = (generator.random(5000) < probabilities).astype(float)
    calibrated, _ = ProbabilityEvaluation(outcomes, probabilities).calibration_error()
    distorted, standard_error = ProbabilityEvaluation(
        outcomes, probabilities**4
    ).calibration_error()
    assert calibrated < 0.03
    assert distorted > 0.2
    assert 0 < standard_error < 0.02


def test_lower_bound_has_the_variance_of_delong() -> None:
    generator = np.random.default_rng(7)
    outcomes = np.repeat((1.0, 0.0), (30, 50))
    probabilities = np.round(np.clip(generator.normal(0.4 + outcomes / 5, 0.2), 0.01, 0.99), 1)
    wins = np.sign(probabilities[:30, None] - probabilities[None, 30:]) / 2 + 0.5
    auc, parts = wins.mean(), (wins.mean(axis=1), wins.mean(axis=0))
    error = np.sqrt(sum(part.var(ddof=1) / len(part) for part in parts)) / (auc * (1 - auc))
    bound = ProbabilityEvaluation(outcomes, probabilities).auc_lower_bound(2.0)
    assert np.log(bound / (1 - bound)) == pytest.approx(np.log(auc / (1 - auc)) - 2 * error)


def test_lower_bound_of_a_perfect_ranking_is_one() -> None:
    outcomes = np.repeat((1.0, 0.0), (20, 20))
    assert ProbabilityEvaluation(outcomes, outcomes).auc_lower_bound(3.0) == 1.0


def test_chance_is_inside_the_interval_as_often_as_the_level_says() -> None:
    generator = np.random.default_rng(11)
    outcomes = np.repeat((1.0, 0.0), (20, 60))
    bounds = [
        ProbabilityEvaluation(outcomes, generator.random(80)).auc_lower_bound(1.96)
        for _ in range(2000)
    ]
    assert 0.015 < np.mean(np.array(bounds) > 0.5) < 0.035


def test_gain_in_brier_over_the_base_rate_is_negative_for_noise() -> None:
    generator = np.random.default_rng(13)
    outcomes = (generator.random(400) < 0.3).astype(float)
    noise = ProbabilityEvaluation(outcomes, generator.random(400))
    gain = noise.gain_in_brier_over(ProbabilityEvaluation(outcomes, np.full(400, 0.3)))
    assert gain.mean < -3 * gain.standard_error
