"""Evaluate predicted probabilities on held-out people: discrimination and calibration, with bootstrap intervals."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from regulars.learning.contract import FloatArray

BOOTSTRAP_RESAMPLES = 200
_CALIBRATION_BINS = 10

type _WeightArray = NDArray[np.floating | np.integer]


class LogLossGain(NamedTuple):
    """By how much the mean log-loss of one model is below that of another on the same people, and its standard error."""

    mean: float
    standard_error: float


@dataclass(frozen=True)
class ProbabilityEvaluation:
    """Outcomes (1 = it happened) and the probabilities predicted for them; both have one value a person."""

    outcomes: FloatArray
    probabilities: FloatArray

    def metrics(self, seed: int = 0) -> dict[str, float | list[float]]:
        """Return auc, pr_auc, brier and ece, and the 95 % interval of each as `<name>_interval`.

        The intervals are percentile intervals of a bootstrap over people (Efron and Tibshirani, "An Introduction to
        the Bootstrap", 1993, chapter 13).
        """
        estimates = self._compute_metrics(np.ones_like(self.outcomes))
        resamples = np.array([list(row.values()) for row in self._sample_metrics(seed)])
        lows, highs = np.quantile(resamples, (0.025, 0.975), axis=0)
        metrics: dict[str, float | list[float]] = {}
        for name, value, low, high in zip(estimates, estimates.values(), lows, highs, strict=True):
            metrics[name] = round(value, 4)
            metrics[f"{name}_interval"] = [round(float(low), 4), round(float(high), 4)]
        return metrics

    def calibration_error(self, seed: int = 0) -> tuple[float, float]:
        """Return the expected calibration error and its bootstrap standard error."""
        resamples = [row["ece"] for row in self._sample_metrics(seed)]
        return self._compute_metrics(np.ones_like(self.outcomes))["ece"], float(np.std(resamples))

    def gain_over(self, baseline: "ProbabilityEvaluation") -> LogLossGain:
        """Return the paired gain in log-loss over a baseline's probabilities for the same people.

        The standard error is that of a mean of paired differences; a paired bootstrap converges to the same value.
        """
        differences = baseline.log_losses() - self.log_losses()
        standard_error = float(differences.std() / np.sqrt(len(differences)))
        return LogLossGain(float(differences.mean()), standard_error)

    def log_losses(self) -> FloatArray:
        """Return the log-loss of each person."""
        clipped = np.clip(self.probabilities, 1e-9, 1 - 1e-9)
        losses: FloatArray = -np.where(self.outcomes > 0, np.log(clipped), np.log(1 - clipped))
        return losses

    def _sample_metrics(self, seed: int) -> list[dict[str, float]]:
        """Return the metrics of each bootstrap resample; multinomial counts weigh the people of a resample."""
        generator = np.random.default_rng(seed)
        size = len(self.outcomes)
        uniform = np.full(size, 1 / size)
        return [
            self._compute_metrics(generator.multinomial(size, uniform))
            for _ in range(BOOTSTRAP_RESAMPLES)
        ]

    def _compute_metrics(self, weights: _WeightArray) -> dict[str, float]:
        """Return the metrics with each person weighted; equal probabilities form one step of both curves.

        auc is the Mann-Whitney statistic with ties counted half, pr_auc the average precision of scikit-learn's
        `average_precision_score`, brier the score of Brier (1950).
        """
        _, steps = np.unique(self.probabilities, return_inverse=True)
        positives = np.bincount(steps, weights * self.outcomes)[::-1]
        negatives = np.bincount(steps, weights * (1 - self.outcomes))[::-1]
        positive_total, negative_total = max(positives.sum(), 1), max(negatives.sum(), 1)
        true_positives = np.cumsum(positives)
        precision = true_positives / np.maximum(true_positives + np.cumsum(negatives), 1)
        squared_errors = weights * (self.probabilities - self.outcomes) ** 2
        ranked_pairs = (negatives * (true_positives - positives / 2)).sum()
        return {
            "auc": float(ranked_pairs / (positive_total * negative_total)),
            "pr_auc": float((positives * precision).sum() / positive_total),
            "brier": float(squared_errors.sum() / weights.sum()),
            "ece": self._compute_ece(weights),
        }

    def _compute_ece(self, weights: _WeightArray) -> float:
        """Return the expected calibration error (Naeini et al., AAAI 2015) over ten bins of equally many people."""
        ranks = np.argsort(np.argsort(self.probabilities, kind="stable"))
        bins = ranks * _CALIBRATION_BINS // len(ranks)
        gaps = np.bincount(
            bins, weights * (self.outcomes - self.probabilities), minlength=_CALIBRATION_BINS
        )
        return float(np.abs(gaps).sum() / weights.sum())
