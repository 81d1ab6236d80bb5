"""Define the contract between trainers, the training run and the scoring run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from regulars.domain.manifests import DatasetManifest

FloatArray = NDArray[np.float64]
# The largest difference allowed between a prediction of the joblib estimator and one of the plain scorer.
MAX_PARITY_DIFFERENCE = 1e-9
# By how many standard errors a model must be better than chance or than a plain rule. A shop trains every night: at the
# usual two, a model of pure noise would pass within weeks. At 3.2, the better of two candidates passes once in 700 tries.
MIN_STANDARD_ERRORS = 3.2


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A dataset as pandas frames; the columns are those of the SQL that wrote them."""

    manifest: DatasetManifest
    features: pd.DataFrame
    interactions: pd.DataFrame
    products: pd.DataFrame

    @property
    def scoring_rows(self) -> pd.DataFrame:
        """Return the feature rows of all people as of the dataset's cut-off."""
        return self.features[self.features["split"] == "score"]

    @property
    def training_rows(self) -> pd.DataFrame:
        """Return the labelled feature rows of several past cut-offs, stacked."""
        return self.features[self.features["split"] == "train"]


@dataclass(frozen=True, kw_only=True)
class TrainedModel:
    """A fitted model: `estimator` is published with joblib, `scorer` (plain JSON values) as scorer.json.

    `evaluation` stays in memory between `fit` and `compare` of the same trainer; it is not published.
    """

    estimator: Any
    scorer: dict[str, Any]
    features: tuple[str, ...] = ()
    window: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    evaluation: Any = None


class Requirement(NamedTuple):
    """A check that a challenger must pass, whatever it is compared with; `refusal` is the reason when it fails."""

    name: str
    is_met: bool
    refusal: str


@dataclass(frozen=True, kw_only=True)
class ModelComparison:
    """A challenger against the champion, or against a plain rule when there is none, on the same hold-out.

    `gain` is positive when the challenger is better; `standard_error` is that of the gain, paired by person.
    `compatible` is False when the champion cannot score this dataset, for example because a feature that it reads
    is gone. The challenger is then compared with the champion's recipe, fitted again on this dataset.
    """

    gain: float = 0.0
    standard_error: float = 0.0
    calibration_worse: bool = False
    compatible: bool = True
    requirements: tuple[Requirement, ...] = ()

    @property
    def is_better(self) -> bool:
        """Whether the challenger is better beyond the standard error."""
        return self.gain > self.standard_error


class Trainer(Protocol):
    """The trainer of one kind of model. Hyper-parameters are arguments of `__init__`; no method does I/O."""

    model: str  # segments | churn | recommender

    def fit(self, dataset: Dataset) -> TrainedModel:
        """Fit a model and evaluate it on a time-based hold-out.

        Raise InsufficientDataError, which states what is missing, below the model's minimum of data.
        """
        ...

    def predict(self, estimator: Any, dataset: Dataset) -> FloatArray:
        """Return the estimator's predictions for the dataset's scoring rows."""
        ...

    def score(self, scorer: Mapping[str, Any], dataset: Dataset) -> FloatArray:
        """Return the plain scorer's predictions for the same rows, in the order and shape of `predict`."""
        ...

    def compare(
        self, trained: TrainedModel, champion: Mapping[str, Any] | None, dataset: Dataset
    ) -> ModelComparison:
        """Compare a trained model with the champion's scorer on the same hold-out; None compares with a plain rule."""
        ...

    def renew(
        self, trained: TrainedModel, champion: Mapping[str, Any], dataset: Dataset
    ) -> TrainedModel:
        """Fit the champion's recipe again on a dataset; return `trained` itself when that has the same recipe, or none."""
        del champion, dataset
        return trained

    def follow_champion(
        self, trained: TrainedModel, champion: Mapping[str, Any], dataset: Dataset
    ) -> TrainedModel:
        """Return a trained model that takes over what still holds of the champion's scorer, such as ids of segments."""
        del champion, dataset
        return trained
