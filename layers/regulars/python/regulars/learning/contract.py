"""The one contract of all models: a trainer fits on a dataset, and what it returns is published, gated and promoted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from regulars.domain.manifests import DatasetManifest

Floats = NDArray[np.float64]
PARITY = 1e-9  # the largest difference allowed between joblib's answer and the plain scorer's


@dataclass(frozen=True)
class Dataset:
    """A dataset as pandas frames; the columns are those of the SQL that wrote them."""

    manifest: DatasetManifest
    features: pd.DataFrame
    interactions: pd.DataFrame
    products: pd.DataFrame

    @property
    def present(self) -> pd.DataFrame:
        """The feature rows to be scored: everybody, as of the dataset's cut-off."""
        return self.features[self.features["split"] == "score"]

    @property
    def past(self) -> pd.DataFrame:
        """The feature rows to learn from: several past cut-offs stacked, with what happened next."""
        return self.features[self.features["split"] == "train"]


@dataclass(frozen=True)
class Trained:
    """What a trainer returns: `estimator` goes to joblib, `scorer` (plain JSON values) to scorer.json.

    `evaluation` is the trainer's own, kept from `fit` for `compare`; it is not published.
    """

    estimator: Any
    scorer: dict[str, Any]
    features: tuple[str, ...] = ()
    window: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    evaluation: Any = None


@dataclass(frozen=True)
class Comparison:
    """Challenger against champion (or, when there is none, a plain rule) on the same hold-out; a gain above 0 is better.

    `error` is the gain's standard error, paired by person. `compatible` is False when the champion cannot
    score this dataset any more, for example because a feature it reads is gone.
    """

    gain: float = 0.0
    error: float = 0.0
    calibration_worse: bool = False
    compatible: bool = True


class Trainer(Protocol):
    """One kind of model. Hyper-parameters go to `__init__`; no method does any I/O."""

    model: str  # segments | churn | recommender

    def fit(self, dataset: Dataset) -> Trained:
        """Learn and evaluate on a time-based hold-out; InsufficientDataError says what is missing."""
        ...

    def predict(self, estimator: Any, dataset: Dataset) -> Floats:
        """The estimator's answers for the dataset's present rows."""
        ...

    def score(self, scorer: Mapping[str, Any], dataset: Dataset) -> Floats:
        """The pure-Python scorer's answers for the same rows, in the same order and shape."""
        ...

    def compare(
        self, trained: Trained, champion: Mapping[str, Any] | None, dataset: Dataset
    ) -> Comparison:
        """The challenger beside the champion's scorer (None: beside a plain rule) on the same hold-out."""
        ...
