"""Evaluate the churn rule on small samples of UCI Online Retail's buyers, beside recency alone, on a time split.

`python -m tests.benchmarks.small_shops` prints the means of all samples by size.
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pandas as pd

from regulars.learning.contract import Dataset
from regulars.learning.evaluation import ProbabilityEvaluation
from regulars.learning.scoring.champion_loading import LoadedChampion
from regulars.learning.scoring.churn_assessment import ChurnAssessor
from tests.benchmarks.churn import build_retail_dataset

SAMPLE_SIZES = (30, 50, 100, 200)
SAMPLES_PER_CUTOFF = 25
CUTOFF_STEP = 3  # six weeks
CUTOFF_COUNT = 4


def evaluate_samples(whole: Dataset) -> Iterator[dict[str, float]]:
    """Yield the figures of each sample: nothing after its cut-off is known to the rule."""
    past = whole.training_rows
    cutoffs = sorted(past["cutoff"].unique(), reverse=True)[::CUTOFF_STEP][:CUTOFF_COUNT]
    for size in SAMPLE_SIZES:
        for seed in range(SAMPLES_PER_CUTOFF):
            for cutoff in cutoffs:
                buyers = past[past["cutoff"] == cutoff].sample(size, random_state=seed)
                yield {"buyers": size, **_evaluate_sample(whole, buyers.assign(split="score"))}


def _evaluate_sample(whole: Dataset, buyers: pd.DataFrame) -> dict[str, float]:
    assessor = ChurnAssessor(LoadedChampion("none"), replace(whole, features=buyers))
    rows = cast("list[dict[str, Any]]", buyers.to_dict("records"))
    scores = [assessor.assess_person(row) for row in rows]
    outcomes = buyers["churned"].to_numpy(dtype=np.float64)
    risks = np.array([score.probability or 0.0 for score in scores])
    silence = buyers["recency_days"].to_numpy(dtype=np.float64) / 10_000
    is_high = np.array([score.band == "high" for score in scores])
    is_low = np.array([score.band == "low" for score in scores])
    return {
        "repeat_buyers": float((buyers["purchase_days"] > 1).sum()),
        "auc": _measure(outcomes, risks, "auc"),
        "recency_auc": _measure(outcomes, silence, "auc"),
        "brier": _measure(outcomes, risks, "brier"),
        "base_rate_brier": float(outcomes.mean() * (1 - outcomes.mean())),
        "high_share": float(is_high.mean()),
        "high_rate": float(outcomes[is_high].mean()) if is_high.any() else np.nan,
        "low_rate": float(outcomes[is_low].mean()) if is_low.any() else np.nan,
    }


def _measure(outcomes: Any, risks: Any, name: str) -> float:
    return float(np.ravel(ProbabilityEvaluation(outcomes, risks).metrics()[name])[0])


def main() -> None:
    """Print the table."""
    table = pd.DataFrame(evaluate_samples(build_retail_dataset()))
    sys.stdout.write(f"{table.groupby('buyers').mean().round(3).to_string()}\n")


if __name__ == "__main__":
    main()
