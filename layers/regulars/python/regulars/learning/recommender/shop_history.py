"""Hold a shop's purchases before a dataset's cut-off, and evaluate recipes on their last windows."""

import numpy as np

from regulars.domain.times import from_text
from regulars.learning.contract import Dataset
from regulars.learning.recommender.fitting import Recipe
from regulars.learning.recommender.purchases import (
    DAY_SECONDS,
    Purchases,
    purchases_from_interactions,
)
from regulars.learning.recommender.recipe_evaluation import (
    RecipeEvaluation,
    evaluate_recipe,
    find_window_start,
)
from regulars.learning.recommender.recipe_search import build_validation_window, choose_recipe

MAX_WINDOW_DAYS, MIN_WINDOW_DAYS = 91.0, 14.0
PARITY_PEOPLE = 40  # the sample on whom the estimator and the plain scorer must agree


class ShopHistory:
    """The purchases of a dataset before its cut-off (`now`, epoch seconds), with a validation and a test window."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.now = from_text(dataset.manifest.cutoff).timestamp()
        self.purchases = purchases_from_interactions(dataset.interactions).select_between(
            -np.inf, self.now
        )
        self._evaluations: list[tuple[Recipe, RecipeEvaluation]] = []

    @property
    def window_days(self) -> float:
        """Return a quarter of the shop's history, within bounds: two windows and the purchases to fit on."""
        return float(np.clip(self.purchases.span_days / 4, MIN_WINDOW_DAYS, MAX_WINDOW_DAYS))

    @property
    def window_start(self) -> float:
        """Return when the last window begins, in epoch seconds."""
        return find_window_start(self.purchases, self.window_days)

    def choose_recipe(self) -> Recipe:
        """Choose a recipe on the window before the last one."""
        end = self.window_start
        start = end - self.window_days * DAY_SECONDS
        return choose_recipe(
            build_validation_window(self.purchases, self.dataset.products, start, end)
        )

    def evaluate_recipe(self, recipe: Recipe) -> RecipeEvaluation:
        """Evaluate a recipe on the last window; an equal recipe is fitted once."""
        for evaluated_recipe, evaluation in self._evaluations:
            if evaluated_recipe == recipe:
                return evaluation
        evaluation = evaluate_recipe(
            self.purchases, self.dataset.products, recipe, self.window_days
        )
        self._evaluations.append((recipe, evaluation))
        return evaluation

    def sample_purchases(self) -> Purchases:
        """Return the purchases of an evenly spaced sample of people, to check parity on."""
        return self.purchases.sample_people(PARITY_PEOPLE)
