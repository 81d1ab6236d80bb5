"""How good probabilities are on people held out: discrimination and calibration, each with a bootstrap interval."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from regulars.learning.contract import Floats

RESAMPLES = 200
_BINS = 10


class Gain(NamedTuple):
    """How much smaller one model's mean loss is than another's on the same people, and its standard error."""

    gain: float
    error: float


@dataclass(frozen=True)
class Evaluation:
    """Outcomes (1 = it happened) and the probabilities said before, of the same people."""

    outcomes: Floats
    probabilities: Floats

    def metrics(self, seed: int = 0) -> dict[str, float | list[float]]:
        """auc, pr_auc, brier and ece, each with the 95 % interval of a bootstrap over people as `<name>_interval`."""
        whole = self._measured(np.ones_like(self.outcomes))
        table = np.array([list(row.values()) for row in self._resampled(seed)])
        lows, highs = np.quantile(table, (0.025, 0.975), axis=0)
        answer: dict[str, float | list[float]] = {}
        for name, value, low, high in zip(whole, whole.values(), lows, highs, strict=True):
            answer[name] = round(value, 4)
            answer[f"{name}_interval"] = [round(float(low), 4), round(float(high), 4)]
        return answer

    def calibration(self, seed: int = 0) -> tuple[float, float]:
        """The expected calibration error and its standard error."""
        resampled = [row["ece"] for row in self._resampled(seed)]
        return self._measured(np.ones_like(self.outcomes))["ece"], float(np.std(resampled))

    def beats(self, other: "Evaluation") -> Gain:
        """The gain in log-loss over another's probabilities for the same people, paired.

        The standard error of a mean of paired differences is what a paired bootstrap of it converges to.
        """
        difference = other.losses() - self.losses()
        return Gain(float(difference.mean()), float(difference.std() / np.sqrt(len(difference))))

    def losses(self) -> Floats:
        """Each person's log-loss."""
        said = np.clip(self.probabilities, 1e-9, 1 - 1e-9)
        losses: Floats = -np.where(self.outcomes > 0, np.log(said), np.log(1 - said))
        return losses

    def _resampled(self, seed: int) -> list[dict[str, float]]:
        drawn = np.random.default_rng(seed)
        size = len(self.outcomes)
        equal = np.full(size, 1 / size)
        return [self._measured(drawn.multinomial(size, equal)) for _ in range(RESAMPLES)]

    def _measured(self, weights: NDArray[np.floating | np.integer]) -> dict[str, float]:
        """The measures of people counted `weights` times; people with equal probabilities are one step of the curves."""
        _, step = np.unique(self.probabilities, return_inverse=True)
        happened = np.bincount(step, weights * self.outcomes)[::-1]
        stayed = np.bincount(step, weights * (1 - self.outcomes))[::-1]
        total, others = max(happened.sum(), 1), max(stayed.sum(), 1)
        above = np.cumsum(happened)
        precision = above / np.maximum(above + np.cumsum(stayed), 1)
        squares = weights * (self.probabilities - self.outcomes) ** 2
        return {
            "auc": float((stayed * (above - happened / 2)).sum() / (total * others)),
            "pr_auc": float((happened * precision).sum() / total),
            "brier": float(squares.sum() / weights.sum()),
            "ece": self._ece(weights),
        }

    def _ece(self, weights: NDArray[np.floating | np.integer]) -> float:
        rank = np.argsort(np.argsort(self.probabilities, kind="stable"))
        bins = rank * _BINS // len(rank)
        gaps = np.bincount(bins, weights * (self.outcomes - self.probabilities), minlength=_BINS)
        return float(np.abs(gaps).sum() / weights.sum())
