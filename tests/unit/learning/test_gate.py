"""Which challengers the gate promotes, and its reasons."""

import pytest

from regulars.learning.contract import ModelComparison
from regulars.learning.gate import FIRST_VERSION, STALE_CHAMPION, decide_promotion

BETTER_COMPARISON = ModelComparison(gain=0.03, standard_error=0.01)
EQUAL_COMPARISON = ModelComparison(gain=0.005, standard_error=0.01)
WORSE_COMPARISON = ModelComparison(gain=-0.03, standard_error=0.01)
UNKNOWN_COMPARISON = ModelComparison(gain=float("nan"), standard_error=0.01)
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
        (UNKNOWN_COMPARISON, 0.0, FIRST_VERSION, False, "worse"),
    ],
)
def test_gate_decides_with_a_reason(
    comparison: ModelComparison, difference: float, vacancy: str, promote: bool, words: str
) -> None:
    decision = decide_promotion(comparison, difference, vacancy)
    assert decision.promote is promote
    assert words in decision.reason
    assert set(decision.checks) == {"parity", "calibration", "not_worse", "better", "vacant"}
