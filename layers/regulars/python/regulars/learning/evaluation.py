"""Evaluate predicted probabilities on held-out people: discrimination and calibration, with intervals."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from regulars.learning.contract import FloatArray

BOOTSTRAP_RESAMPLES = 200
_CALIBRATION_BINS = 10

type _WeightArray = NDArray[np.floating | np.integer]


class LossGain(NamedTuple):
    """By how much the mean loss of one model is below that of another on the same people, and its standard error."""

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

    def auc_lower_bound(self, standard_errors: float) -> float:
        """Return the lower end of the interval of so many standard errors around the AUC.

        The variance is that of DeLong, DeLong and Clarke-Pearson (Biometrics, 1988), from ranks (Sun and Xu, IEEE
        Signal Processing Letters, 2014). The interval is symmetric in the log-odds of the AUC, which keeps its level
        with 20 people of an outcome too (Qin and Hotilovac, Statistical Methods in Medical Research, 2008).
        """
        happened = self.outcomes > 0
        placements, other_placements = self._compute_placements(happened)
        auc = float(placements.mean())
        error = np.sqrt(
            placements.var(ddof=1) / len(placements)
            + other_placements.var(ddof=1) / len(other_placements)
        )
        if error == 0:
            return auc
        log_odds = np.log(auc / (1 - auc)) - standard_errors * error / (auc * (1 - auc))
        return float(1 / (1 + np.exp(-log_odds)))

    def gain_over(self, baseline: "ProbabilityEvaluation") -> LossGain:
        """Return the paired gain in log-loss over a baseline's probabilities for the same people."""
        return _compute_gain(baseline.log_losses() - self.log_losses())

    def gain_in_brier_over(self, baseline: "ProbabilityEvaluation") -> LossGain:
        """Return the paired gain in the score of Brier over a baseline's probabilities for the same people."""
        return _compute_gain(baseline.error_squares() - self.error_squares())

    def log_losses(self) -> FloatArray:
        """Return the log-loss of each person."""
        clipped = np.clip(self.probabilities, 1e-9, 1 - 1e-9)
        losses: FloatArray = -np.where(self.outcomes > 0, np.log(clipped), np.log(1 - clipped))
        return losses

    def error_squares(self) -> FloatArray:
        """Return the squared error of each person's probability."""
        errors: FloatArray = (self.probabilities - self.outcomes) ** 2
        return errors

    def _compute_placements(self, happened: NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
        """Return for each person the share of the people of the other outcome who are ranked correctly, ties half."""
        ranks = _compute_midranks(self.probabilities)
        positives, negatives = self.probabilities[happened], self.probabilities[~happened]
        below = (ranks[happened] - _compute_midranks(positives)) / len(negatives)
        above = 1 - (ranks[~happened] - _compute_midranks(negatives)) / len(positives)
        return below, above

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
        squared_errors = weights * self.error_squares()
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


def _compute_gain(differences: FloatArray) -> LossGain:
    """Return the mean of paired differences and its standard error, to which a paired bootstrap converges."""
    standard_error = float(differences.std() / np.sqrt(len(differences)))
    return LossGain(float(differences.mean()), standard_error)


def _compute_midranks(values: FloatArray) -> FloatArray:
    """Return ranks from 1; equal values share the mean of their ranks."""
    _, steps, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: FloatArray = (np.cumsum(counts) - (counts - 1) / 2)[steps]
    return ranks
