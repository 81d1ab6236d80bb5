"""Which challengers the gate promotes, and its reasons."""

import pytest

from regulars.learning.contract import ModelComparison
from regulars.learning.gate import FIRST_VERSION, STALE_CHAMPION, decide_promotion

BETTER = ModelComparison(gain=0.03, standard_error=0.01)
EQUAL = ModelComparison(gain=0.005, standard_error=0.01)
WORSE = ModelComparison(gain=-0.03, standard_error=0.01)
UNKNOWN = ModelComparison(gain=float("nan"), standard_error=0.01)
UNCALIBRATED = ModelComparison(gain=0.03, standard_error=0.01, calibration_worse=True)


@pytest.mark.parametrize(
    ("comparison", "difference", "vacancy", "promote", "words"),
    [
        (BETTER, 0.0, "", True, "beats the champion"),
        (EQUAL, 0.0, "", False, "does not beat"),
        (WORSE, 0.0, "", False, "worse"),
        (EQUAL, 0.0, FIRST_VERSION, True, "first version"),
        (EQUAL, 0.0, STALE_CHAMPION, True, "stale"),
        (WORSE, 0.0, STALE_CHAMPION, False, "worse"),
        (BETTER, 1e-8, "", False, "disagree"),
        (BETTER, float("nan"), "", False, "disagree"),
        (BETTER, 1e-10, "", True, "beats the champion"),
        (UNCALIBRATED, 0.0, FIRST_VERSION, False, "calibrated"),
        (UNKNOWN, 0.0, FIRST_VERSION, False, "worse"),
    ],
)
def test_gate_decides_with_a_reason(
    comparison: ModelComparison, difference: float, vacancy: str, promote: bool, words: str
) -> None:
    decision = decide_promotion(comparison, difference, vacancy)
    assert decision.promote is promote
    assert words in decision.reason
    assert set(decision.checks) == {"parity", "calibration", "not_worse", "better", "vacant"}
