"""The churn trainer on buyers who stay away for one known reason."""

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest

from regulars.domain.errors import InsufficientDataError
from regulars.learning import artifacts
from regulars.learning.churn import linear_scorer, tree_scorer
from regulars.learning.churn.candidates import BoostedTreesCandidate, LinearCandidate
from regulars.learning.churn.trainer import ChurnTrainer
from regulars.learning.contract import Dataset, TrainedModel
from regulars.learning.evaluation import ProbabilityEvaluation
from tests.support.buyers import CUTOFFS, FEATURE_NAMES, build_dataset, build_shop

# Five features need less of a ridge than fifty.
TRAINER = ChurnTrainer([LinearCandidate(0.1), BoostedTreesCandidate()])
SHOP = build_shop()


@pytest.fixture(scope="module")
def churn_model() -> TrainedModel:
    return TRAINER.fit(SHOP)


def remove_outcome(churned: bool) -> Dataset:
    return replace(SHOP, features=SHOP.features[SHOP.features["churned"] != churned])


def test_model_finds_the_planted_reason(churn_model: TrainedModel) -> None:
    weights = {name: numbers[0] for name, numbers in churn_model.scorer["weights"].items()}
    assert max(weights, key=lambda name: abs(weights[name])) in {"recency_days", "tenure_days"}
    assert weights["recency_days"] > 0
    assert churn_model.metrics["auc"] > 0.8


def test_simpler_candidate_wins_when_trees_gain_nothing(churn_model: TrainedModel) -> None:
    assert churn_model.metrics["chosen"] == "linear"
    assert set(churn_model.metrics["candidates"]) == {"linear", "trees"}


def test_trees_win_on_a_risk_that_is_not_linear() -> None:
    between = SHOP.features["recency_days"].between(30, 60).astype(float)
    features = SHOP.features.assign(churned=between.where(SHOP.features["split"] == "train"))
    churn_model = TRAINER.fit(replace(SHOP, features=features))
    assert churn_model.metrics["chosen"] == "trees"
    assert churn_model.metrics["auc"] > 0.95


@pytest.mark.parametrize("candidate", [LinearCandidate(), BoostedTreesCandidate()])
def test_plain_scorer_agrees_with_joblib_after_saving(
    candidate: LinearCandidate | BoostedTreesCandidate,
) -> None:
    trainer = ChurnTrainer([candidate])
    churn_model = trainer.fit(SHOP)
    estimator = artifacts.restore_estimator(artifacts.dump_estimator(churn_model.estimator))
    scorer = msgspec.json.decode(msgspec.json.encode(churn_model.scorer))
    difference = trainer.predict(estimator, SHOP) - trainer.score(scorer, SHOP)
    assert np.abs(difference).max() < 1e-9


@pytest.mark.parametrize(
    ("candidate", "plain_scorer"),
    [(LinearCandidate(), linear_scorer), (BoostedTreesCandidate(), tree_scorer)],
)
def test_contributions_and_base_add_up_to_the_log_odds(
    candidate: LinearCandidate | BoostedTreesCandidate, plain_scorer: Any
) -> None:
    trainer = ChurnTrainer([candidate])
    churn_model = trainer.fit(SHOP)
    person = SHOP.scoring_rows[list(FEATURE_NAMES)].to_dict("records")[0]
    contributions = plain_scorer.compute_contributions(churn_model.scorer, person)
    log_odds = churn_model.scorer["base"] + sum(contributions.values())
    probability = trainer.predict(churn_model.estimator, SHOP)[0]
    assert 1 / (1 + np.exp(-log_odds)) == pytest.approx(probability, abs=1e-9)


def test_order_of_rows_changes_nothing(churn_model: TrainedModel) -> None:
    shuffled = replace(SHOP, features=SHOP.features.sample(frac=1, random_state=1))
    assert TRAINER.fit(shuffled).scorer == churn_model.scorer


def test_scale_of_the_currency_hardly_changes_a_risk(churn_model: TrainedModel) -> None:
    scaled = replace(SHOP, features=SHOP.features.assign(money=SHOP.features["money"] * 100))
    risks = TRAINER.predict(TRAINER.fit(scaled).estimator, scaled)
    assert risks == pytest.approx(TRAINER.predict(churn_model.estimator, SHOP), abs=0.001)


def test_dormant_customer_changes_nobody_elses_risk(churn_model: TrainedModel) -> None:
    dormant = SHOP.scoring_rows.head(1).assign(profile_id="p_dormant", recency_days=900.0, orders=1)
    larger = replace(SHOP, features=pd.concat([SHOP.features, dormant]))
    assert TRAINER.fit(larger).scorer == churn_model.scorer


def test_visitors_are_not_scored(churn_model: TrainedModel) -> None:
    visitor = SHOP.scoring_rows.head(1).assign(profile_id="p_visitor", orders=0)
    larger = replace(SHOP, features=pd.concat([SHOP.features, visitor]))
    assert len(TRAINER.score(churn_model.scorer, larger)) == len(SHOP.scoring_rows)


def test_too_few_repeat_buyers_are_insufficient() -> None:
    small_shop = build_dataset(SHOP.features, repeat_buyers=41)
    with pytest.raises(InsufficientDataError, match=r"41 of 50 repeat buyers\."):
        TRAINER.fit(small_shop)


@pytest.mark.parametrize(("missing", "words"), [(True, "stayed away"), (False, "came back")])
def test_single_outcome_is_insufficient(missing: bool, words: str) -> None:
    with pytest.raises(InsufficientDataError, match=f"0 of 20 buyers who {words}"):
        TRAINER.fit(remove_outcome(churned=missing))


def test_short_history_is_insufficient() -> None:
    recent = SHOP.features[SHOP.features["cutoff"] >= CUTOFFS[-2]]
    with pytest.raises(InsufficientDataError, match="of 104 days of history"):
        TRAINER.fit(replace(SHOP, features=recent))


def test_dataset_without_people_is_insufficient() -> None:
    with pytest.raises(InsufficientDataError):
        TRAINER.fit(build_dataset(SHOP.features.head(0)))


def test_challenger_does_not_beat_itself(churn_model: TrainedModel) -> None:
    comparison = TRAINER.compare(churn_model, churn_model.scorer, SHOP)
    assert comparison.gain <= comparison.standard_error


def test_challenger_beats_a_champion_with_constant_risk(churn_model: TrainedModel) -> None:
    constant = churn_model.scorer | {"base": 0.0, "weights": {}}
    comparison = TRAINER.compare(churn_model, constant, SHOP)
    assert comparison.gain > 2 * comparison.standard_error


def test_champion_that_reads_a_lost_feature_is_incompatible(churn_model: TrainedModel) -> None:
    champion = churn_model.scorer | {"weights": {"gone": [0.1, 0.0, 0.0, 1.0]}}
    assert not TRAINER.compare(churn_model, champion, SHOP).compatible


def test_champion_of_another_horizon_is_incompatible(churn_model: TrainedModel) -> None:
    champion = churn_model.scorer | {"horizon_days": 60}
    comparison = TRAINER.compare(churn_model, champion, SHOP)
    assert (comparison.compatible, comparison.gain) == (False, 0.0)


def test_incompatible_champion_is_represented_by_its_kind(churn_model: TrainedModel) -> None:
    champion = {"kind": "trees", "features": ["gone"], "trees": [], "horizon_days": 30}
    comparison = TRAINER.compare(churn_model, champion, SHOP)
    trees = ChurnTrainer([BoostedTreesCandidate()]).fit(SHOP)
    expected = churn_model.evaluation.challenger.gain_over(trees.evaluation.challenger)
    assert comparison.gain == pytest.approx(expected.mean)


def test_kind_of_the_champion_is_fitted_again(churn_model: TrainedModel) -> None:
    renewed = TRAINER.renew(churn_model, {"kind": "trees"}, SHOP)
    assert renewed.scorer["kind"] == "trees"
    assert TRAINER.renew(churn_model, churn_model.scorer, SHOP) is churn_model
    assert TRAINER.renew(churn_model, {"kind": "gone"}, SHOP) is churn_model


def test_model_with_skill_meets_every_requirement(churn_model: TrainedModel) -> None:
    requirements = TRAINER.compare(churn_model, None, SHOP).requirements
    assert {requirement.name: requirement.is_met for requirement in requirements} == {
        "ranking": True,
        "base_rate": True,
    }


def test_probabilities_far_from_the_base_rate_fail_it(churn_model: TrainedModel) -> None:
    evaluation = churn_model.evaluation
    too_high = ProbabilityEvaluation(
        evaluation.challenger.outcomes, 0.9 + evaluation.challenger.probabilities / 10
    )
    worse = replace(evaluation, candidates={evaluation.chosen: too_high})
    requirements = TRAINER.compare(replace(churn_model, evaluation=worse), None, SHOP).requirements
    assert [requirement.is_met for requirement in requirements] == [True, False]
