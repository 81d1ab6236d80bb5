"""What a recipe finds in the last window, beside popularity and everybody's own frequency."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from regulars.domain.errors import InsufficientDataError
from regulars.learning.recommender.fitting import Recipe, fit
from regulars.learning.recommender.holdout import MODES, HoldOut, hold_out
from regulars.learning.recommender.hybrid_model import HALF_LIFE_DAYS, Recommender
from regulars.learning.recommender.purchases import DAY, Floats, Purchases
from regulars.learning.recommender.ranking_quality import Quality, quality, together

FILLER = 1e-6  # below any count


@dataclass(frozen=True)
class Measured:
    """A hold-out and the recommender that was fitted on what came before it."""

    part: HoldOut
    recommender: Recommender

    def found(self, mode: str) -> Quality:
        """What the hybrid score finds."""
        return self._found(lambda chunk: self.recommender.totals(chunk.counts), mode)

    def found_by_popularity(self, mode: str) -> Quality:
        """What the same list for everybody finds."""
        return self._found(lambda _: self.recommender.popularity[None, :], mode)

    def found_by_frequency(self, mode: str) -> Quality:
        """What each person's own counts find, filled up with what is popular."""
        filler = self.recommender.popularity[None, :] * FILLER
        return self._found(lambda chunk: np.asarray(chunk.counts.todense()) + filler, mode)

    def _found(self, totals: Callable[[HoldOut], Floats], mode: str) -> Quality:
        return together([quality(totals(chunk), chunk, mode) for chunk in self.part.chunks()])


def window_start(bought: Purchases, days: float) -> float:
    """When the last `days` of a shop's purchases began."""
    return float(bought.at.max()) + 1 - days * DAY


def measure(bought: Purchases, products: pd.DataFrame, recipe: Recipe, days: float) -> Measured:
    """A recipe fitted on what came before the last `days`, and the people who bought in them."""
    start = window_start(bought, days)
    earlier = bought.between(-np.inf, start)
    if not len(earlier.products):
        raise InsufficientDataError("Everything was bought in the last days; there is no past yet.")
    part = hold_out(earlier, bought.between(start, np.inf), start, HALF_LIFE_DAYS)
    return Measured(part, fit(earlier, products, recipe, start))


def metrics(measured: Measured) -> dict[str, Any]:
    """What the hybrid finds in either mode beside popularity and own frequency; the headline is `new`."""
    modes = {mode: _told(measured.found(mode)) for mode in MODES}
    return {
        "ndcg10": modes["new"]["ndcg10"],
        "coverage": modes["new"]["coverage"],
        **modes,
        "popularity": {mode: _told(measured.found_by_popularity(mode)) for mode in MODES},
        "frequency": {"all": _told(measured.found_by_frequency("all"))},
        "recipe": measured.recommender.recipe,
    }


def _told(found: Quality) -> dict[str, float]:
    means = {"recall10": found.recall10, "recall20": found.recall20}
    return {
        "people": len(found.ndcg),
        "ndcg10": round(found.ndcg10, 6),
        **{
            name: round(float(each.mean()), 6) if len(each) else 0.0 for name, each in means.items()
        },
        "coverage": round(found.coverage, 6),
    }
