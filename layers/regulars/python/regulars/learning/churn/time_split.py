"""Split a dataset's labelled rows by time, and weigh the rows to train on by their age."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from regulars.domain.errors import InsufficientDataError
from regulars.learning.contract import Dataset, FloatArray

MIN_REPEAT_BUYERS = 50
MIN_BUYERS_PER_OUTCOME = 20  # stayed away, or came back; in the training rows and in the hold-out
MAX_TRAINING_ROWS = 200_000


@dataclass(frozen=True)
class ChurnSplit:
    """Rows whose horizon ended before the held-out cut-off, the rows of that newest cut-off, and all labelled rows."""

    training: pd.DataFrame
    held_out: pd.DataFrame
    labelled: pd.DataFrame


def split_by_time(dataset: Dataset) -> ChurnSplit:
    """Hold out the newest labelled cut-off; raise InsufficientDataError when there is too little to train or test."""
    _check_repeat_buyers(dataset.manifest.counts["repeat_buyers"])
    horizon_days = dataset.manifest.horizon_days
    labelled = dataset.training_rows.sort_values(["cutoff", "profile_id"])
    labelled = labelled.assign(churned=labelled["churned"].astype(float))
    cutoffs = pd.to_datetime(labelled["cutoff"])
    training = labelled[cutoffs <= cutoffs.max() - pd.Timedelta(days=horizon_days)]
    if training.empty:
        history_days = int(max(dataset.scoring_rows["tenure_days"], default=0))
        raise InsufficientDataError(f"{history_days} of {2 * horizon_days + 44} days of history.")
    held_out = labelled[cutoffs == cutoffs.max()]
    for rows in (training, held_out):
        _check_outcomes(rows)
    return ChurnSplit(training, held_out, labelled)


def prepare_training(
    rows: pd.DataFrame, features: Sequence[str], horizon_days: int
) -> tuple[pd.DataFrame, FloatArray, FloatArray]:
    """Return features, outcomes and weights, at most MAX_TRAINING_ROWS of each.

    A cut-off that is one horizon older has half the weight, because shops change.
    """
    if len(rows) > MAX_TRAINING_ROWS:
        rows = rows.sample(MAX_TRAINING_ROWS, random_state=0)
    cutoffs = pd.to_datetime(rows["cutoff"])
    horizons = (cutoffs.max() - cutoffs) / pd.Timedelta(days=horizon_days)
    weights: FloatArray = np.power(0.5, horizons.to_numpy(dtype=np.float64))
    outcomes: FloatArray = rows["churned"].to_numpy(dtype=np.float64)
    return rows[list(features)], outcomes, weights


def _check_repeat_buyers(repeat_buyers: int) -> None:
    if repeat_buyers < MIN_REPEAT_BUYERS:
        raise InsufficientDataError(f"{repeat_buyers} of {MIN_REPEAT_BUYERS} repeat buyers.")


def _check_outcomes(rows: pd.DataFrame) -> None:
    for outcome, words in ((1.0, "stayed away"), (0.0, "came back")):
        buyers = rows.loc[rows["churned"] == outcome, "profile_id"].nunique()
        if buyers < MIN_BUYERS_PER_OUTCOME:
            raise InsufficientDataError(f"{buyers} of {MIN_BUYERS_PER_OUTCOME} buyers who {words}.")
