"""The churn risk of a person and its reasons, by rules and by a published scorer."""

from typing import Any

import pytest

from regulars.learning.churn.reasons import REASON_THEMES, ReasonBounds
from regulars.learning.churn.risk_scale import RiskScale, measure_risk_scale
from regulars.learning.churn.scorer import assess_churn, predict_probability

PERSON = {
    "orders": 6.0,
    "purchase_days": 6.0,
    "recency_days": 84.0,
    "tenure_days": 300.0,
    "gap_mean": 30.0,
    "overdue": 2.8,
    "pace": 1.6,
    "orders_growth": 0.25,
    "orders_90": 1.0,
    "orders_90_before": 3.0,
}
SCORER: dict[str, Any] = {
    "kind": "linear",
    "base": 0.0,
    "weights": {"recency_days": [1.0, 3.0, 0.0, 10.0], "orders": [-0.1, 3.0, 0.0, 10.0]},
}
TREES: dict[str, Any] = {
    "kind": "trees",
    "base": -1.0,
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
# A shop whose usual buyer is on time and has one order in each 60 days.
SCALE = RiskScale(
    base_rate=0.4,
    above_high=0.6,
    up_to_low=0.25,
    reason_bounds={
        "overdue": ReasonBounds(0.5, 1.0),
        "pace": ReasonBounds(1.0, 2.0),
        "orders_growth": ReasonBounds(0.5, 1.0),
    },
)


def build_person(**changes: float) -> dict[str, float]:
    return {**PERSON, **changes}


def test_reasons_contain_the_persons_own_numbers() -> None:
    churn = assess_churn(SCORER, SCALE, PERSON)
    assert churn.reasons == ("last ordered 84 days ago, usually every 30 days",)
    assert (churn.basis, churn.band) == ("model", "high")


def test_reasons_of_a_low_risk_say_why_a_person_stays() -> None:
    person = build_person(recency_days=2.0, overdue=0.1, orders=30.0, pace=9.0)
    churn = assess_churn(SCORER, SCALE, person)
    assert churn.band == "low"
    assert churn.reasons == (
        "last ordered 2 days ago, usually every 30 days",
        "30 orders in 300 days, more often than most buyers",
    )


@pytest.mark.parametrize(
    ("changes", "weight"),
    [
        ({}, -1.0),  # the model says the opposite
        ({"overdue": 1.4}, 1.0),  # the person's own numbers do not say it
        ({"overdue": 0.9}, 1.0),  # most buyers are as late
    ],
)
def test_reason_needs_the_model_the_person_and_the_shop(
    changes: dict[str, float], weight: float
) -> None:
    scorer = SCORER | {"weights": {"recency_days": [weight, 3.0, 0.0, 10.0]}}
    scale = RiskScale(base_rate=0.01, up_to_low=0.001, reason_bounds=SCALE.reason_bounds)
    assert assess_churn(scorer, scale, build_person(**changes)).reasons == ()


def test_medium_risk_below_the_base_rate_has_reasons_to_stay() -> None:
    scale = RiskScale(base_rate=0.9, up_to_low=0.1, reason_bounds=SCALE.reason_bounds)
    person = build_person(recency_days=10.0, overdue=0.3)
    churn = assess_churn(SCORER, scale, person)
    assert churn.band == "medium"
    assert churn.reasons == ("last ordered 10 days ago, usually every 30 days",)


def test_no_sentence_is_said_to_more_than_two_fifths_of_the_buyers() -> None:
    figures = {theme.figure for theme in REASON_THEMES}
    buyers = [dict.fromkeys(figures, float(number % 3)) for number in range(99)]
    bounds = measure_risk_scale([0.5] * 99, buyers).reason_bounds
    assert set(bounds) == figures
    for figure in figures:
        for said in (
            [buyer for buyer in buyers if buyer[figure] > bounds[figure].high],
            [buyer for buyer in buyers if buyer[figure] < bounds[figure].low],
        ):
            assert 0 < len(said) <= 0.4 * len(buyers)


def test_what_is_equal_for_all_buyers_is_no_reason() -> None:
    scale = measure_risk_scale([0.2, 0.9], [PERSON, PERSON])
    assert assess_churn(SCORER, scale, PERSON).reasons == ()


@pytest.mark.parametrize("base_rate", [0.05, 0.3, 0.5, 0.82, 0.97])
def test_bands_relate_to_the_base_rate(base_rate: float) -> None:
    spread = [
        base_rate + (number - 50) / 50 * min(base_rate, 1 - base_rate) for number in range(101)
    ]
    scale = measure_risk_scale(spread, [PERSON] * 101)
    bands = [scale.choose_band(probability) for probability in spread]
    assert bands == sorted(bands, key=["low", "medium", "high"].index)
    assert bands.count("high") <= 101 / 3
    assert scale.choose_band(base_rate) == ("medium" if base_rate > 0.1 else "low") or base_rate
    assert all(
        scale.base_rate < probability
        for probability, band in zip(spread, bands, strict=True)
        if band == "high"
    )


def test_buyers_alike_have_no_high_risk() -> None:
    scale = measure_risk_scale([0.97] * 40, [PERSON] * 40)
    assert scale.choose_band(0.97) == "medium"


def test_feature_beyond_its_bound_counts_as_the_bound() -> None:
    bounded = SCORER | {"weights": {"recency_days": [1.0, 3.0, 0.0, 4.0]}}
    beyond = predict_probability(bounded, build_person(recency_days=1e9))
    assert beyond == predict_probability(bounded, build_person(recency_days=60))


@pytest.mark.parametrize(("recency", "risk"), [(60, 0.1824), (61, 0.6225)])
def test_trees_send_a_value_equal_to_the_threshold_left(recency: float, risk: float) -> None:
    probability = predict_probability(TREES, build_person(recency_days=recency))
    assert probability == pytest.approx(risk, abs=1e-4)


def test_trees_give_the_split_feature_as_reason() -> None:
    assert assess_churn(TREES, SCALE, PERSON).reasons == (
        "last ordered 84 days ago, usually every 30 days",
    )


def test_visitor_has_no_risk() -> None:
    churn = assess_churn(SCORER, SCALE, build_person(orders=0.0))
    assert (churn.probability, churn.band, churn.basis) == (None, "unknown", "rules")


def test_extreme_features_give_a_finite_probability() -> None:
    extreme = SCORER | {"weights": {"recency_days": [-1e6, 0.0, 0.0, 1e6]}}
    assert predict_probability(extreme, build_person(recency_days=1e300)) == pytest.approx(0.0)
