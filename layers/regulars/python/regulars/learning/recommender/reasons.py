"""Explain a recommendation in one sentence."""

from collections.abc import Mapping

from regulars.learning.recommender.scorer import Recommendation

_REASON_TEXTS = {
    "again": "you usually buy this again",
    "before": "you bought this before",
    "because": "because you bought {name}",
    "viewed": "goes with {name}",
    "alike": "people with your taste buy this",
    "popular": "popular right now",
}


def explain_recommendation(recommendation: Recommendation, names: Mapping[str, str]) -> str:
    """Return the reason as a sentence; `names` are by product id, and a product without a name is not mentioned.

    >>> cup = Recommendation(product_id="cup", score=1.0, reason="because", because="pot")
    >>> explain_recommendation(cup, {"pot": "Tea pot"})
    'because you bought Tea pot'
    """
    name = names.get(recommendation.because, "")
    reason = recommendation.reason
    if not name and reason in ("because", "viewed"):
        reason = "alike"
    return _REASON_TEXTS[reason].format(name=name)
