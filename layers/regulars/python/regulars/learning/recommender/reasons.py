"""The reason for a recommendation as a sentence."""

from collections.abc import Mapping

from regulars.learning.recommender.scorer import Recommendation

_WORDS = {
    "again": "you usually buy this again",
    "before": "you bought this before",
    "because": "because you bought {name}",
    "viewed": "goes with {name}",
    "alike": "people with your taste buy this",
    "popular": "popular right now",
}


def in_words(recommendation: Recommendation, names: Mapping[str, str]) -> str:
    """Why, in words; a product without a name in `names` is not named.

    >>> in_words(Recommendation("cup", 1.0, "because", "pot"), {"pot": "Tea pot"})
    'because you bought Tea pot'
    """
    name = names.get(recommendation.because, "")
    reason = recommendation.reason
    if not name and reason in ("because", "viewed"):
        reason = "alike"
    return _WORDS[reason].format(name=name)
