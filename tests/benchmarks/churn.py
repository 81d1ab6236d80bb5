"""Churn on rolling origins of UCI Online Retail: what the product's trainer said at three past cut-offs, and what happened."""

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

END = datetime(2011, 12, 10, tzinfo=UTC)
ORIGINS = (0, 2, 4)  # labelled cut-offs, counted back from the newest, 14 days apart
MEASURES = ("auc", "pr_auc", "brier", "ece")
RFM, RECENCY = ("recency_days", "orders", "money"), ("recency_days",)

type Told = dict[str, ProbabilityEvaluation]


def rolled() -> Iterator[tuple[str, Told]]:
    """Every origin with the evaluations of ours, of RFM logistic regression and of recency alone."""
    whole = _dataset()
    cutoffs = sorted(whole.training_rows["cutoff"].unique(), reverse=True)
    for origin in ORIGINS:
        yield cutoffs[origin], _told(_as_of(whole, cutoffs[origin]))


def _dataset() -> Dataset:
    with tempfile.TemporaryDirectory() as name:
        folder, lines = Path(name), online_retail.cleaned()
        objects = online_retail.write_lake(online_retail.events(lines), folder)
        manifest = build_dataset(folder, objects, online_retail.subjects(lines), END, END)
        return read_dataset(manifest, lambda file: (folder / file).read_bytes())


def _as_of(whole: Dataset, cutoff: str) -> Dataset:
    """What was known at a past cut-off: labels whose horizon had ended, and that day's people to score."""
    past = whole.training_rows
    known = pd.Timestamp(cutoff) - pd.Timedelta(days=whole.manifest.horizon_days)
    labelled = past[pd.to_datetime(past["cutoff"]) <= known]
    present = past[past["cutoff"] == cutoff].assign(split="score")
    return replace(whole, features=pd.concat([labelled, present]))


def _told(dataset: Dataset) -> Told:
    happened = dataset.scoring_rows["churned"].to_numpy(dtype=np.float64)
    trainer = ChurnTrainer()
    said = {"ours": trainer.predict(trainer.fit(dataset).estimator, dataset)}
    for name, features in {"rfm logistic": RFM, "recency rule": RECENCY}.items():
        past, columns = dataset.training_rows, list(features)
        outcomes = past["churned"].to_numpy(dtype=np.float64)
        fitted = LinearCandidate(1.0).fit(past[columns], outcomes, np.ones(len(past)))
        said[name] = fitted.predict_proba(dataset.scoring_rows[columns])[:, 1]
    return {
        name: ProbabilityEvaluation(happened, probabilities) for name, probabilities in said.items()
    }


def main() -> None:
    """Print each origin's measures, their means, and our gain in log-loss over RFM with its error."""
    table = []
    for cutoff, told in rolled():
        gain = told["ours"].gain_over(told["rfm logistic"])
        for name, evaluation in told.items():
            table.append([cutoff[:10], name, *(evaluation.metrics()[m] for m in MEASURES)])
        sys.stdout.write(
            f"{cutoff[:10]} gain over rfm {gain.mean:.4f} ± {gain.standard_error:.4f}\n"
        )
    printed = pd.DataFrame(table, columns=["origin", "model", *MEASURES])
    means = printed.groupby("model")[list(MEASURES)].mean().round(4)
    sys.stdout.write(f"{printed.to_string(index=False)}\n\n{means.to_string()}\n")


if __name__ == "__main__":
    main()
