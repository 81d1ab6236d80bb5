"""What the gate lets through, and what it says otherwise."""

import pytest

from regulars.learning.contract import Comparison
from regulars.learning.gate import FIRST, STALE, decide

BETTER, EQUAL, WORSE = Comparison(0.03, 0.01), Comparison(0.005, 0.01), Comparison(-0.03, 0.01)


@pytest.mark.parametrize(
    ("comparison", "difference", "vacancy", "promote", "words"),
    [
        (BETTER, 0.0, "", True, "beats the champion"),
        (EQUAL, 0.0, "", False, "does not beat"),
        (WORSE, 0.0, "", False, "worse"),
        (EQUAL, 0.0, FIRST, True, "first version"),
        (EQUAL, 0.0, STALE, True, "stale"),
        (WORSE, 0.0, STALE, False, "worse"),
        (BETTER, 1e-8, "", False, "disagree"),
        (BETTER, float("nan"), "", False, "disagree"),
        (BETTER, 1e-10, "", True, "beats the champion"),
        (Comparison(0.03, 0.01, calibration_worse=True), 0.0, FIRST, False, "calibrated"),
        (Comparison(float("nan"), 0.01), 0.0, FIRST, False, "worse"),
    ],
)
def test_gate_decides_with_a_reason(
    comparison: Comparison, difference: float, vacancy: str, promote: bool, words: str
) -> None:
    gate = decide(comparison, difference, vacancy)
    assert gate.promote is promote
    assert words in gate.reason
    assert set(gate.checks) == {"parity", "calibration", "not_worse", "better", "vacant"}
