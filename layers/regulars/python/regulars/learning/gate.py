"""Decide whether a challenger may become champion, and state the reason."""

from regulars.domain.manifests import GateDecision
from regulars.learning.contract import MAX_PARITY_DIFFERENCE, ModelComparison

# Why the champion's place is free.
FIRST_VERSION = "The first version that passes every check."
STALE_CHAMPION = "The champion is stale."
INCOMPATIBLE_CHAMPION = (
    "It beats the champion's recipe; the champion cannot score this dataset any more."
)
RENEWED_CHAMPION = (
    "The champion's recipe, fitted again: the champion cannot score this dataset any more."
)
TAMPERED_CHAMPION = "The champion's bytes are not those that were promoted."


def decide_promotion(
    comparison: ModelComparison, difference: float, vacancy: str = ""
) -> GateDecision:
    """Decide on a challenger.

    `difference` is the largest one between a prediction of the joblib estimator and one of the plain scorer.
    `vacancy` is the reason why the champion's place is free, or ''. A challenger must meet every requirement of its
    kind of model. If the place is free, it must not be worse than what it is compared with. Otherwise its gain over the
    champion must exceed the standard error.
    """
    requirements = {requirement.name: requirement.is_met for requirement in comparison.requirements}
    checks = {
        "parity": difference <= MAX_PARITY_DIFFERENCE,
        **requirements,
        "calibration": not comparison.calibration_worse,
        "not_worse": comparison.gain >= -comparison.standard_error,
        "better": comparison.is_better,
        "vacant": bool(vacancy),
    }
    refusal = _find_refusal(checks, comparison)
    reason = refusal or vacancy or "It beats the champion beyond its error."
    return GateDecision(not refusal, reason, checks)


def _find_refusal(checks: dict[str, bool], comparison: ModelComparison) -> str:
    """Return the reason of the first failed check, or ''."""
    if not checks["parity"]:
        return "The exported scorer and the joblib artifact disagree."
    for requirement in comparison.requirements:
        if not requirement.is_met:
            return requirement.refusal
    if not checks["calibration"]:
        return "Its probabilities are less well calibrated than those it would replace."
    if not checks["not_worse"]:
        return "It is worse than what it would replace, beyond its error."
    if not (checks["vacant"] or checks["better"]):
        return "It does not beat the champion beyond its error."
    return ""
