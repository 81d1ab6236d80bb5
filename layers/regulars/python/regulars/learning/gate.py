"""The gate a challenger passes before it may become champion: a decision with its reason."""

from regulars.domain.manifests import GateDecision
from regulars.learning.contract import PARITY, Comparison

FIRST = "The first version that passes every check."
STALE = "The champion is stale."
INCOMPATIBLE = "The champion cannot score this dataset any more."
TAMPERED = "The champion's bytes are not those that were promoted."


def decide(comparison: Comparison, difference: float, vacancy: str = "") -> GateDecision:
    """Decide on a challenger.

    `difference` is the largest one between joblib's and the plain scorer's answers. `vacancy` says why the champion's
    place is free (FIRST, STALE, INCOMPATIBLE, TAMPERED): then the comparison is with a plain rule, which the challenger must not
    lose to. Otherwise it is with the champion, which the challenger has to beat beyond its error.
    """
    checks = {
        "parity": difference <= PARITY,
        "calibration": not comparison.calibration_worse,
        "not_worse": comparison.gain >= -comparison.error,
        "better": comparison.gain > comparison.error,
        "vacant": bool(vacancy),
    }
    refusal = _refusal(checks)
    reason = refusal or vacancy or "It beats the champion beyond its error."
    return GateDecision(not refusal, reason, checks)


def _refusal(checks: dict[str, bool]) -> str:
    if not checks["parity"]:
        return "The exported scorer and the joblib artifact disagree."
    if not checks["calibration"]:
        return "Its probabilities are less well calibrated than those it would replace."
    if not checks["not_worse"]:
        return "It is worse than what it would replace, beyond its error."
    if not (checks["vacant"] or checks["better"]):
        return "It does not beat the champion beyond its error."
    return ""
