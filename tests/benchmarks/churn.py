"""Evaluate churn at three past cut-offs of UCI Online Retail: the trainer's predictions beside what happened."""

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from regulars.learning.churn.candidates import LinearCandidate
from regulars.learning.churn.trainer import ChurnTrainer
from regulars.learning.contract import Dataset
from regulars.learning.datasets.build import build_dataset
from regulars.learning.datasets.frames import read_dataset
from regulars.learning.evaluation import ProbabilityEvaluation
from tests.benchmarks import online_retail

DATA_END = datetime(2011, 12, 10, tzinfo=UTC)
ORIGIN_OFFSETS = (0, 2, 4)  # labelled cut-offs, counted back from the newest, 14 days apart
MEASURES = ("auc", "pr_auc", "brier", "ece")
RFM_FEATURES, RECENCY_FEATURES = ("recency_days", "orders", "money"), ("recency_days",)

type Evaluations = dict[str, ProbabilityEvaluation]


def evaluate_origins() -> Iterator[tuple[str, Evaluations]]:
    """Yield every origin with the evaluations of our model, of RFM logistic regression and of recency alone."""
    whole = build_retail_dataset()
    cutoffs = sorted(whole.training_rows["cutoff"].unique(), reverse=True)
    for origin in ORIGIN_OFFSETS:
        yield cutoffs[origin], _evaluate_models(_select_as_of(whole, cutoffs[origin]))


def build_retail_dataset() -> Dataset:
    """Return the dataset of all sold lines."""
    with tempfile.TemporaryDirectory() as name:
        folder, lines = Path(name), online_retail.read_sales()
        objects = online_retail.write_lake(online_retail.build_events(lines), folder)
        manifest = build_dataset(folder, objects, DATA_END, DATA_END)
        return read_dataset(manifest, lambda file: (folder / file).read_bytes())


def _select_as_of(whole: Dataset, cutoff: str) -> Dataset:
    """Return what was known at a past cut-off: labels whose horizon had ended, and the people of that day to score."""
    past = whole.training_rows
    last_labelled = pd.Timestamp(cutoff) - pd.Timedelta(days=whole.manifest.horizon_days)
    labelled = past[pd.to_datetime(past["cutoff"]) <= last_labelled]
    present = past[past["cutoff"] == cutoff].assign(split="score")
    return replace(whole, features=pd.concat([labelled, present]))


def _evaluate_models(dataset: Dataset) -> Evaluations:
    outcomes = dataset.scoring_rows["churned"].to_numpy(dtype=np.float64)
    trainer = ChurnTrainer()
    predictions = {"ours": trainer.predict(trainer.fit(dataset).estimator, dataset)}
    for name, features in {"rfm logistic": RFM_FEATURES, "recency rule": RECENCY_FEATURES}.items():
        past, columns = dataset.training_rows, list(features)
        past_outcomes = past["churned"].to_numpy(dtype=np.float64)
        fitted = LinearCandidate(1.0).fit(past[columns], past_outcomes, np.ones(len(past)))
        predictions[name] = fitted.predict_proba(dataset.scoring_rows[columns])[:, 1]
    return {
        name: ProbabilityEvaluation(outcomes, probabilities)
        for name, probabilities in predictions.items()
    }


def main() -> None:
    """Print the measures of each origin, their means, and our gain in log-loss over RFM with its error."""
    table = []
    for cutoff, evaluations in evaluate_origins():
        gain = evaluations["ours"].gain_over(evaluations["rfm logistic"])
        for name, evaluation in evaluations.items():
            table.append([cutoff[:10], name, *(evaluation.metrics()[m] for m in MEASURES)])
        sys.stdout.write(
            f"{cutoff[:10]} gain over rfm {gain.mean:.4f} ± {gain.standard_error:.4f}\n"
        )
    printed = pd.DataFrame(table, columns=["origin", "model", *MEASURES])
    means = printed.groupby("model")[list(MEASURES)].mean().round(4)
    sys.stdout.write(f"{printed.to_string(index=False)}\n\n{means.to_string()}\n")


if __name__ == "__main__":
    main()
