"""The gate on models of noise: no model of shuffled labels or purchases is promoted, and a model of the same shop is."""

from dataclasses import replace

import numpy as np
import pandas as pd

from regulars.domain.manifests import GateDecision
from regulars.learning.churn.trainer import ChurnTrainer
from regulars.learning.contract import Dataset, Trainer
from regulars.learning.gate import FIRST_VERSION, decide_promotion
from regulars.learning.recommender.trainer import RecommenderTrainer
from tests.support import buyers, taste_shop

TRY_COUNT = 20


def decide_first_promotion(trainer: Trainer, dataset: Dataset) -> GateDecision:
    """Return the gate's decision on the first model of a shop."""
    comparison = trainer.compare(trainer.fit(dataset), None, dataset)
    return decide_promotion(comparison, 0.0, FIRST_VERSION)


def count_refusals(trainer: Trainer, datasets: list[Dataset]) -> int:
    """Return in how many datasets the gate refuses the first model."""
    decisions = [decide_first_promotion(trainer, dataset) for dataset in datasets]
    return sum(not decision.promote for decision in decisions)


def shuffle_labels(dataset: Dataset, seed: int) -> Dataset:
    """Give each buyer of a cut-off the outcome of another one of the same cut-off."""
    generator = np.random.default_rng(seed)
    outcomes = dataset.features.groupby("cutoff")["churned"].transform(
        lambda values: generator.permutation(values.to_numpy())
    )
    return replace(dataset, features=dataset.features.assign(churned=outcomes))


def shuffle_purchases(interactions: pd.DataFrame, seed: int) -> Dataset:
    """Give each order line the product of another line."""
    products = np.random.default_rng(seed).permutation(interactions["product_id"].to_numpy())
    shuffled = interactions.assign(product_id=products)
    return taste_shop.build_dataset(
        shuffled.drop_duplicates(["order_key", "product_id"], ignore_index=True)
    )


def test_churn_of_shuffled_labels_is_never_promoted() -> None:
    datasets = [shuffle_labels(buyers.build_shop(100, seed), seed) for seed in range(TRY_COUNT)]
    assert count_refusals(ChurnTrainer(), datasets) == TRY_COUNT


def test_recommender_of_shuffled_purchases_is_never_promoted() -> None:
    interactions = taste_shop.build_interactions(100)
    datasets = [shuffle_purchases(interactions, seed) for seed in range(TRY_COUNT)]
    assert count_refusals(RecommenderTrainer(), datasets) == TRY_COUNT


def test_models_of_the_unshuffled_shops_are_promoted() -> None:
    assert decide_first_promotion(ChurnTrainer(), buyers.build_shop(100)).promote
    assert decide_first_promotion(RecommenderTrainer(), taste_shop.build_dataset()).promote
