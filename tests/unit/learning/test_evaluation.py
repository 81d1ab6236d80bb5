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
