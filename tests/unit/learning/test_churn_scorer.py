"""The churn risk of a person and its reasons, by rules and by a published scorer."""

from typing import Any

import pytest

from regulars.learning.churn.scorer import assess_churn, predict_probability

PERSON = {
    "orders": 6.0,
    "purchase_days": 6.0,
    "recency_days": 84.0,
    "tenure_days": 300.0,
    "gap_mean": 30.0,
    "orders_90": 1.0,
    "orders_90_before": 3.0,
}
SCORER: dict[str, Any] = {
    "kind": "linear",
    "base": 0.0,
    "typical": 0.4,
    "weights": {"recency_days": [1.0, 3.0, 0.0, 10.0], "orders": [-0.1, 3.0, 0.0, 10.0]},
}
TREES: dict[str, Any] = {
    "kind": "trees",
    "base": -1.0,
    "typical": 0.4,
    "features": ["recency_days", "orders"],
    "trees": [
        {
            "feature": [0, -1, -1],
            "threshold": [60.0, 0.0, 0.0],
            "left": [1, 0, 0],
            "right": [2, 0, 0],
            "value": [0.0, -0.5, 1.5],
        }
    ],
}


def build_person(**changes: float) -> dict[str, float]:
    return {**PERSON, **changes}


def test_reasons_contain_the_persons_own_numbers() -> None:
    churn = assess_churn(SCORER, PERSON, 90)
    assert churn.reasons[0] == "last ordered 84 days ago, usually every 30 days"
    assert (churn.basis, churn.band) == ("model", "high")


def test_reasons_of_a_low_risk_say_why_a_person_stays() -> None:
    churn = assess_churn(SCORER, build_person(recency_days=2.0, orders=30.0), 90)
    assert churn.band == "low"
    assert churn.reasons == (
        "last ordered 2 days ago, usually every 30 days",
        "30 orders in 300 days",
    )


def test_long_silence_is_never_a_reason_for_a_low_risk() -> None:
    backwards = SCORER | {"weights": {"recency_days": [-1.0, 3.0, 0.0, 10.0]}}
    assert assess_churn(backwards, PERSON, 90).reasons == ()


def test_feature_beyond_its_bound_counts_as_the_bound() -> None:
    bounded = SCORER | {"weights": {"recency_days": [1.0, 3.0, 0.0, 4.0]}}
    beyond = predict_probability(bounded, build_person(recency_days=1e9))
    assert beyond == predict_probability(bounded, build_person(recency_days=60))


@pytest.mark.parametrize(("recency", "risk"), [(60, 0.1824), (61, 0.6225)])
def test_trees_send_a_value_equal_to_the_threshold_left(recency: float, risk: float) -> None:
    probability = predict_probability(TREES, build_person(recency_days=recency))
    assert probability == pytest.approx(risk, abs=1e-4)


def test_trees_give_the_split_feature_as_reason() -> None:
    assert assess_churn(TREES, PERSON, 90).reasons == (
        "last ordered 84 days ago, usually every 30 days",
    )


@pytest.mark.parametrize(
    ("changes", "band"),
    [
        ({"recency_days": 10.0}, "low"),
        ({"recency_days": 50.0}, "medium"),
        ({"recency_days": 95.0}, "high"),
        ({"recency_days": 40.0, "purchase_days": 1.0}, "low"),
        ({"recency_days": 70.0, "purchase_days": 1.0}, "medium"),
    ],
)
def test_rules_compare_silence_with_the_own_gap(changes: dict[str, float], band: str) -> None:
    churn = assess_churn(None, build_person(**changes), 90)
    assert (churn.probability, churn.band, churn.basis) == (None, band, "rules")


def test_visitor_has_no_risk() -> None:
    churn = assess_churn(SCORER, build_person(orders=0.0), 90)
    assert (churn.probability, churn.band, churn.basis) == (None, "unknown", "rules")


def test_new_customer_gets_a_probability_and_a_reason() -> None:
    new_customer = build_person(
        orders=1.0, purchase_days=1.0, recency_days=0.0, tenure_days=0.0, gap_mean=90.0
    )
    churn = assess_churn(SCORER, new_customer, 90)
    assert churn.probability is not None
    assert churn.reasons == ("last ordered less than a day ago",)


def test_extreme_features_give_a_finite_probability() -> None:
    extreme = SCORER | {"weights": {"recency_days": [-1e6, 0.0, 0.0, 1e6]}}
    assert predict_probability(extreme, build_person(recency_days=1e300)) == pytest.approx(0.0)
