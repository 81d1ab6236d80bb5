"""The churn model on buyers who leave for one known reason."""

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from regulars.domain.errors import InsufficientDataError
from regulars.learning import artifacts
from regulars.learning.churn import linear_scorer as linear
from regulars.learning.churn import tree_scorer as trees
from regulars.learning.churn.candidates import Linear, Trees
from regulars.learning.churn.trainer import ChurnTrainer
from regulars.learning.contract import Dataset, Trained
from regulars.learning.evaluation import Evaluation
from tests.support.buyers import CUTOFFS, FEATURES, dataset, shop

TRAINER = ChurnTrainer([Linear(0.1), Trees()])  # five features need less of a ridge than fifty
SHOP = shop()


@pytest.fixture(scope="module")
def trained() -> Trained:
    return TRAINER.fit(SHOP)


def without(kind: bool) -> Dataset:
    return replace(SHOP, features=SHOP.features[SHOP.features["churned"] != kind])


def test_churn_finds_the_reason_that_was_planted(trained: Trained) -> None:
    weights = {name: numbers[0] for name, numbers in trained.scorer["weights"].items()}
    assert max(weights, key=lambda name: abs(weights[name])) in {"recency_days", "tenure_days"}
    assert weights["recency_days"] > 0
    assert trained.metrics["auc"] > 0.8


def test_simpler_candidate_wins_when_trees_gain_nothing(trained: Trained) -> None:
    assert trained.metrics["chosen"] == "linear"
    assert set(trained.metrics["candidates"]) == {"linear", "trees"}


def test_trees_win_where_a_line_cannot_follow() -> None:
    between = SHOP.features["recency_days"].between(30, 60).astype(float)
    features = SHOP.features.assign(churned=between.where(SHOP.features["split"] == "train"))
    trained = TRAINER.fit(replace(SHOP, features=features))
    assert trained.metrics["chosen"] == "trees"
    assert trained.metrics["auc"] > 0.95


@pytest.mark.parametrize("candidate", [Linear(), Trees()])
def test_plain_scorer_agrees_with_joblib_after_saving(candidate: Linear | Trees) -> None:
    trainer = ChurnTrainer([candidate])
    trained = trainer.fit(SHOP)
    estimator = artifacts.restored(artifacts.dump(trained.estimator))
    scorer = msgspec.json.decode(msgspec.json.encode(trained.scorer))
    difference = trainer.predict(estimator, SHOP) - trainer.score(scorer, SHOP)
    assert np.abs(difference).max() < 1e-9


@pytest.mark.parametrize(("candidate", "plain"), [(Linear(), linear), (Trees(), trees)])
def test_contributions_and_base_add_up_to_the_log_odds(
    candidate: Linear | Trees, plain: Any
) -> None:
    trainer = ChurnTrainer([candidate])
    trained = trainer.fit(SHOP)
    person = SHOP.present[list(FEATURES)].to_dict("records")[0]
    total = trained.scorer["base"] + sum(plain.contributions(trained.scorer, person).values())
    assert 1 / (1 + np.exp(-total)) == pytest.approx(
        trainer.predict(trained.estimator, SHOP)[0], abs=1e-9
    )


def test_order_of_rows_changes_nothing(trained: Trained) -> None:
    shuffled = replace(SHOP, features=SHOP.features.sample(frac=1, random_state=1))
    assert TRAINER.fit(shuffled).scorer == trained.scorer


def test_scale_of_the_currency_hardly_changes_a_risk(trained: Trained) -> None:
    scaled = replace(SHOP, features=SHOP.features.assign(money=SHOP.features["money"] * 100))
    risks = TRAINER.predict(TRAINER.fit(scaled).estimator, scaled)
    assert risks == pytest.approx(TRAINER.predict(trained.estimator, SHOP), abs=0.001)


def test_dormant_customer_changes_nobody_elses_risk(trained: Trained) -> None:
    dormant = SHOP.present.head(1).assign(profile_id="p_dormant", recency_days=900.0, orders=1)
    larger = replace(SHOP, features=pd.concat([SHOP.features, dormant]))
    assert TRAINER.fit(larger).scorer == trained.scorer


def test_visitors_are_not_scored(trained: Trained) -> None:
    visitor = SHOP.present.head(1).assign(profile_id="p_visitor", orders=0)
    larger = replace(SHOP, features=pd.concat([SHOP.features, visitor]))
    assert len(TRAINER.score(trained.scorer, larger)) == len(SHOP.present)


def test_too_few_repeat_buyers_are_counted_in_words() -> None:
    few = dataset(SHOP.features, repeat_buyers=41)
    with pytest.raises(InsufficientDataError, match=r"41 of 50 repeat buyers\."):
        TRAINER.fit(few)


@pytest.mark.parametrize(("missing", "words"), [(True, "stayed away"), (False, "came back")])
def test_one_class_only_is_insufficient(missing: bool, words: str) -> None:
    with pytest.raises(InsufficientDataError, match=f"0 of 20 buyers who {words}"):
        TRAINER.fit(without(kind=missing))


def test_short_history_is_told_in_days() -> None:
    recent = SHOP.features[SHOP.features["cutoff"] >= CUTOFFS[-2]]
    with pytest.raises(InsufficientDataError, match="of 104 days of history"):
        TRAINER.fit(replace(SHOP, features=recent))


def test_dataset_without_people_is_insufficient() -> None:
    with pytest.raises(InsufficientDataError):
        TRAINER.fit(dataset(SHOP.features.head(0)))


def test_challenger_does_not_beat_itself(trained: Trained) -> None:
    comparison = TRAINER.compare(trained, trained.scorer, SHOP)
    assert comparison.gain <= comparison.error


def test_challenger_beats_a_champion_that_throws_coins(trained: Trained) -> None:
    coin = trained.scorer | {"base": 0.0, "weights": {}}
    comparison = TRAINER.compare(trained, coin, SHOP)
    assert comparison.gain > 2 * comparison.error


def test_champion_that_reads_a_lost_feature_is_incompatible(trained: Trained) -> None:
    old = trained.scorer | {"weights": {"gone": [0.1, 0.0, 0.0, 1.0]}}
    assert not TRAINER.compare(trained, old, SHOP).compatible


def test_metrics_are_those_of_scikit_learn() -> None:
    drawn = np.random.default_rng(3)
    outcomes = (drawn.random(300) < 0.4).astype(float)
    said = np.round(np.clip(outcomes * 0.2 + drawn.random(300) * 0.8, 0, 1), 1)
    metrics = Evaluation(outcomes, said).metrics()
    assert metrics["auc"] == pytest.approx(roc_auc_score(outcomes, said), abs=1e-4)
    assert metrics["pr_auc"] == pytest.approx(average_precision_score(outcomes, said), abs=1e-4)
    assert metrics["brier"] == pytest.approx(np.mean((outcomes - said) ** 2), abs=1e-4)


def test_probabilities_that_come_true_are_calibrated() -> None:
    drawn = np.random.default_rng(5)
    said = drawn.random(5000)
    outcomes = (drawn.random(5000) < said).astype(float)
    honest, _ = Evaluation(outcomes, said).calibration()
    boastful, error = Evaluation(outcomes, said**4).calibration()
    assert honest < 0.03
    assert boastful > 0.2
    assert 0 < error < 0.02
