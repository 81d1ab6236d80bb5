"""The buy-till-you-die rule: its formulas beside a simulation, and its ranking beside recency alone in small shops."""

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from regulars.learning.churn.lifetime_rule import estimate_regularity, fit_lifetime_rule
from regulars.learning.churn.lifetime_scorer import (
    LifetimeParameters,
    PurchaseHistory,
    predict_log_odds,
    weigh_fates,
)
from regulars.learning.churn.scorer import predict_probability
from regulars.learning.evaluation import ProbabilityEvaluation
from tests.support.buyers import build_dataset

YEAR_DAYS = 365
SEASON_DAY = 334  # the day of the year on which the shop's season begins


class Buyer(NamedTuple):
    """The purchase days of one buyer, in days since the shop opened."""

    days: tuple[float, ...]

    def describe(self, cutoff: float) -> dict[str, float]:
        """Return the features that the rule reads, as of a cut-off."""
        past = [day for day in self.days if day < cutoff]
        gaps = np.diff(past) if len(past) > 1 else np.array([90.0])
        return {
            "orders": float(len(past)),
            "purchase_days": float(len(past)),
            "recency_days": cutoff - past[-1] if past else 0.0,
            "tenure_days": cutoff - past[0] if past else 0.0,
            "gap_mean": float(gaps.mean()),
            "gap_std": float(gaps.std()),
        }

    def is_away(self, start: float, days: float) -> bool:
        """Return whether the buyer orders nothing in these days."""
        return not any(start <= day < start + days for day in self.days)


def build_parameters(**changes: float) -> LifetimeParameters:
    """Return a shop where one buyer in four leaves after an order."""
    shop = {"regularity": 1, "rate_shape": 0.7, "rate_days": 40.0, "leave": 0.8, "stay": 2.4}
    return LifetimeParameters(**(shop | changes))  # type: ignore[arg-type]


def generate_buyer(parameters: LifetimeParameters, generator: np.random.Generator) -> Buyer:
    """Return a buyer of the model's own story."""
    rate = generator.gamma(parameters.rate_shape, 1 / parameters.rate_days)
    leaving = generator.beta(parameters.leave, parameters.stay)
    days = [float(generator.uniform(0, 300))]
    while generator.random() > leaving and days[-1] < 800:
        days.append(days[-1] + float(generator.gamma(parameters.regularity, 1 / rate)))
    return Buyer(tuple(days))


def generate_december_buyer(generator: np.random.Generator) -> Buyer:
    """Return a buyer who orders every December until leaving for good after one."""
    days = [int(generator.integers(4)) * YEAR_DAYS + SEASON_DAY + float(generator.uniform(0, 24))]
    while generator.random() > 0.25 and days[-1] < 5 * YEAR_DAYS:
        year = days[-1] // YEAR_DAYS + 1
        days.append(year * YEAR_DAYS + SEASON_DAY + float(generator.uniform(0, 24)))
    return Buyer(tuple(days))


def measure_auc(buyers: list[Buyer], cutoff: float, horizon_days: int) -> tuple[float, float]:
    """Return the AUC of the rule fitted at the cut-off, and of recency alone, on what happens afterwards."""
    known = [buyer for buyer in buyers if buyer.days[0] < cutoff]
    features = pd.DataFrame([buyer.describe(cutoff) for buyer in known])
    features = features.assign(split="score", profile_id=[f"p{n:03}" for n in range(len(known))])
    scorer = fit_lifetime_rule(build_dataset(features, horizon_days=horizon_days))
    risks = np.array([predict_probability(scorer, row) for row in features.to_dict("records")])  # type: ignore[arg-type]
    outcomes = np.array([float(buyer.is_away(cutoff, horizon_days)) for buyer in known])
    silence = features["recency_days"].to_numpy() / 10_000
    return tuple(
        float(np.ravel(ProbabilityEvaluation(outcomes, values).metrics()["auc"])[0])
        for values in (risks, silence)
    )  # type: ignore[return-value]


@pytest.mark.parametrize("regularity", [1, 4])
def test_probability_is_the_share_of_simulated_buyers_with_that_history(regularity: int) -> None:
    parameters = build_parameters(regularity=regularity, rate_shape=1.5, rate_days=45 / regularity)
    generator = np.random.default_rng(5)
    buyers = [generate_buyer(parameters, generator) for _ in range(20_000)]
    seen = [(buyer, buyer.describe(400)) for buyer in buyers]
    predicted, happened = [], []
    for buyer, row in seen:
        history = PurchaseHistory(
            row["orders"] - 1, row["tenure_days"] - row["recency_days"], row["tenure_days"]
        )
        predicted.append(1 / (1 + math.exp(-predict_log_odds(parameters, history, 60))))
        happened.append(buyer.is_away(400, 60))
    bins = np.digitize(predicted, [0.2, 0.4, 0.6, 0.8, 0.95])
    for bin_ in set(bins.tolist()):
        inside = bins == bin_
        error = 4 * math.sqrt(0.25 / inside.sum())
        assert np.mean(np.array(happened)[inside]) == pytest.approx(
            np.mean(np.array(predicted)[inside]), abs=error
        )


def test_random_gaps_give_the_formula_of_mbg_nbd() -> None:
    shape, rate_days, leave, stay = 0.525, 6.183, 0.891, 1.614
    parameters = LifetimeParameters(
        regularity=1, rate_shape=shape, rate_days=rate_days, leave=leave, stay=stay
    )
    fates = weigh_fates(parameters, PurchaseHistory(2, 30.43, 38.86))
    ratio = leave / (stay + 2) * ((rate_days + 38.86) / (rate_days + 30.43)) ** (shape + 2)
    assert 1 / (1 + math.exp(fates.left - fates.stayed)) == pytest.approx(1 / (1 + ratio))


def test_longer_silence_never_lowers_the_risk() -> None:
    for regularity in (1, 3, 12):
        parameters = build_parameters(regularity=regularity, rate_shape=2.0)
        risks = [
            predict_log_odds(parameters, PurchaseHistory(4, 120, 120 + silence), 1e6)
            for silence in range(0, 400, 20)
        ]
        assert risks == sorted(risks)


@pytest.mark.parametrize("people", [30, 50, 100])
def test_rule_ranks_better_than_recency_alone_in_a_small_shop(people: int) -> None:
    parameters = build_parameters()
    results = []
    for seed in range(6):
        generator = np.random.default_rng(seed)
        buyers = [generate_buyer(parameters, generator) for _ in range(people)]
        results.append(measure_auc(buyers, 400, 90))
    rule, recency = np.mean(results, axis=0)
    assert rule > recency


@pytest.mark.parametrize("day", [4 * YEAR_DAYS + 212, 4 * YEAR_DAYS + 320])
def test_rule_ranks_as_well_as_recency_where_everybody_buys_in_december(day: int) -> None:
    results = []
    for seed in range(6):
        generator = np.random.default_rng(seed)
        buyers = [generate_december_buyer(generator) for _ in range(40)]
        results.append(measure_auc(buyers, day, 180))
    rule, recency = np.mean(results, axis=0)
    assert rule >= recency - 0.01


def test_regular_gaps_are_recognised() -> None:
    rows = pd.DataFrame({"purchase_days": [5.0] * 9, "gap_mean": [30.0] * 9, "gap_std": [2.0] * 9})
    assert estimate_regularity(rows) > 4
    assert estimate_regularity(rows.assign(gap_std=30.0)) == 1
    assert estimate_regularity(rows.head(0)) == 1


@pytest.mark.parametrize("people", [0, 1, 2])
def test_rule_has_an_answer_for_the_first_buyers(people: int) -> None:
    buyer = Buyer((0.0,)).describe(10)
    rows = pd.DataFrame([buyer]).assign(split="score", profile_id="p1")
    scorer = fit_lifetime_rule(build_dataset(pd.concat([rows.head(0), *[rows] * people])))
    assert 0 < predict_probability(scorer, buyer) < 1


def test_order_of_buyers_changes_nothing() -> None:
    generator = np.random.default_rng(1)
    parameters = build_parameters()
    rows = [generate_buyer(parameters, generator).describe(400) for _ in range(30)]
    features = pd.DataFrame(rows).assign(split="score", profile_id=[f"p{n}" for n in range(30)])
    dataset = build_dataset(features)
    shuffled = replace(dataset, features=features.sample(frac=1, random_state=1))
    assert fit_lifetime_rule(shuffled) == fit_lifetime_rule(dataset)
