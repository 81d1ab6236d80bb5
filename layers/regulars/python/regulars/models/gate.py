"""The gate a challenger passes before it may become champion: a decision with its reason."""

from regulars.domain.manifests import Gate
from regulars.models.contract import PARITY, Comparison


def decide(
    comparison: Comparison, *, difference: float, champion_age_days: float | None, stale_days: float
) -> Gate:
    """Decide on a challenger.

    `difference` is the largest one between joblib's and the plain scorer's answers; `champion_age_days` is None when
    there is no champion yet. A stale or incompatible champion is replaced by any challenger that is not worse beyond
    its error; otherwise the challenger has to be better beyond its error.
    """
    error = max(comparison.error, 0.0)
    checks = {
        "parity": difference <= PARITY,
        "calibration": not comparison.calibration_worse,
        "not_worse": comparison.gain >= -error,
        "better": comparison.gain > error,
        "replaceable": champion_age_days is None
        or champion_age_days >= stale_days
        or not comparison.compatible,
    }
    refusal = _refusal(checks)
    return Gate(not refusal, refusal or _approval(checks, champion_age_days, comparison), checks)


def _refusal(checks: dict[str, bool]) -> str:
    if not checks["parity"]:
        return "The exported scorer and the joblib artifact disagree."
    if not checks["calibration"]:
        return "Its probabilities are less well calibrated than the champion's."
    if not checks["not_worse"]:
        return "It is worse than what it would replace, beyond its error."
    if not (checks["replaceable"] or checks["better"]):
        return "It does not beat the champion beyond its error."
    return ""


def _approval(checks: dict[str, bool], age_days: float | None, comparison: Comparison) -> str:
    if age_days is None:
        return "The first version that passes every check."
    if not comparison.compatible:
        return "The champion cannot score this dataset any more."
    return (
        "It beats the champion beyond its error." if checks["better"] else "The champion is stale."
    )
