"""Which challengers the gate promotes, and its reasons."""

import pytest

from regulars.learning.contract import ModelComparison, Requirement
from regulars.learning.gate import FIRST_VERSION, STALE_CHAMPION, decide_promotion

BETTER_COMPARISON = ModelComparison(gain=0.03, standard_error=0.01)
EQUAL_COMPARISON = ModelComparison(gain=0.005, standard_error=0.01)
WORSE_COMPARISON = ModelComparison(gain=-0.03, standard_error=0.01)
UNKNOWN_COMPARISON = ModelComparison(gain=float("nan"), standard_error=0.01)
CHANCE_COMPARISON = ModelComparison(
    gain=0.03,
    standard_error=0.01,
    requirements=(
        Requirement("base_rate", True, "It is worse than the base rate."),
        Requirement("ranking", False, "It may be chance."),
    ),
)
UNCALIBRATED_COMPARISON = ModelComparison(gain=0.03, standard_error=0.01, calibration_worse=True)


@pytest.mark.parametrize(
    ("comparison", "difference", "vacancy", "promote", "words"),
    [
        (BETTER_COMPARISON, 0.0, "", True, "beats the champion"),
        (EQUAL_COMPARISON, 0.0, "", False, "does not beat"),
        (WORSE_COMPARISON, 0.0, "", False, "worse"),
        (EQUAL_COMPARISON, 0.0, FIRST_VERSION, True, "first version"),
        (EQUAL_COMPARISON, 0.0, STALE_CHAMPION, True, "stale"),
        (WORSE_COMPARISON, 0.0, STALE_CHAMPION, False, "worse"),
        (BETTER_COMPARISON, 1e-8, "", False, "disagree"),
        (BETTER_COMPARISON, float("nan"), "", False, "disagree"),
        (BETTER_COMPARISON, 1e-10, "", True, "beats the champion"),
        (UNCALIBRATED_COMPARISON, 0.0, FIRST_VERSION, False, "calibrated"),
        (CHANCE_COMPARISON, 0.0, FIRST_VERSION, False, "may be chance"),
        (CHANCE_COMPARISON, 0.0, "", False, "may be chance"),
        (UNKNOWN_COMPARISON, 0.0, FIRST_VERSION, False, "worse"),
    ],
)
def test_gate_decides_with_a_reason(
    comparison: ModelComparison, difference: float, vacancy: str, promote: bool, words: str
) -> None:
    decision = decide_promotion(comparison, difference, vacancy)
    assert decision.promote is promote
    assert words in decision.reason
    assert {"parity", "calibration", "not_worse", "better", "vacant"} <= set(decision.checks)


def test_gate_records_each_requirement() -> None:
    checks = decide_promotion(CHANCE_COMPARISON, 0.0).checks
    assert (checks["base_rate"], checks["ranking"]) == (True, False)
