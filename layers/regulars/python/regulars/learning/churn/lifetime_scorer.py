"""Score a buyer with a buy-till-you-die model in plain Python, for shops without a published churn model.

A buyer orders at gaps that follow an Erlang distribution, and after each order leaves for good with a probability of
their own. Rates are spread over buyers by a gamma distribution, the probabilities of leaving by a beta distribution. This
is the MBG/CNBD-k model of Reutterer, Platzer and Schroeder, "Leveraging purchase regularity for predicting customer
behavior the easy way" (International Journal of Research in Marketing, 2021). With k = 1 gaps are exponential, and it is
the MBG/NBD model of Batislam, Denizel and Filiztekin (same journal, 2007).
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

_MAX_LOG_ODDS = 30.0


class LifetimeParameters(NamedTuple):
    """The spread of a shop's buyers.

    `regularity` is k, the shape of the gaps: 1 is random, more is more regular. The rate has the gamma shape
    `rate_shape` and the rate parameter `rate_days`; the probability of leaving is beta(`leave`, `stay`).
    """

    regularity: int
    rate_shape: float
    rate_days: float
    leave: float
    stay: float


class PurchaseHistory(NamedTuple):
    """What the model reads of a buyer: purchase days after the first one, the last one and the age, in days since it."""

    repeats: float
    last: float
    age: float


class FateWeights(NamedTuple):
    """Logarithms of the likelihoods of a history with two ends: the buyer has left, or is silent so far."""

    left: float
    stayed: float


def read_history(features: Mapping[str, float]) -> PurchaseHistory:
    """Return the history of a feature row."""
    age = max(features["tenure_days"], 0.0)
    silence = min(max(features["recency_days"], 0.0), age)
    return PurchaseHistory(max(features["purchase_days"] - 1, 0.0), age - silence, age)


def weigh_fates(
    parameters: LifetimeParameters, history: PurchaseHistory, future_days: float = 0.0
) -> FateWeights:
    """Return the weights of both fates, when the silence goes on for `future_days`.

    Given a rate, a gap is longer than u with the probability exp(-rate u) sum((rate u)^j / j!, j < k). The integral
    over the gamma distribution of rates turns each term into a ratio of gamma functions. Factors that both weights
    share and that hold no parameter are left out.
    """
    k, shape, rate_days, leave, stay = parameters
    events = shape + k * history.repeats
    prior = shape * math.log(rate_days) - math.lgamma(shape)
    total = math.lgamma(leave + stay) - math.lgamma(leave) - math.lgamma(stay)
    total -= math.lgamma(leave + stay + history.repeats + 1)
    left = math.lgamma(leave + 1) + math.lgamma(stay + history.repeats)
    stayed = math.lgamma(leave) + math.lgamma(stay + history.repeats + 1)
    end = history.age + future_days
    left += math.lgamma(events) - events * math.log(rate_days + history.last)
    stayed += _weigh_silence(k, events, end - history.last, rate_days + end)
    return FateWeights(prior + total + left, prior + total + stayed)


def predict_log_odds(
    parameters: LifetimeParameters, history: PurchaseHistory, horizon_days: float
) -> float:
    """Return the log-odds of no order within the horizon, given the history."""
    now = weigh_fates(parameters, history)
    later = weigh_fates(parameters, history, horizon_days)
    returns = now.stayed + math.log(max(-math.expm1(later.stayed - now.stayed), 1e-300))
    log_odds = add_logarithms(later.left, later.stayed) - returns
    return min(max(log_odds, -_MAX_LOG_ODDS), _MAX_LOG_ODDS)


def compute_contributions(
    scorer: Mapping[str, Any], features: Mapping[str, float]
) -> dict[str, float]:
    """Return what the pace of orders and then the silence add to the log-odds of the shop's typical buyer."""
    parameters, horizon_days = LifetimeParameters(**scorer["parameters"]), scorer["horizon_days"]
    history = read_history(features)
    typical_silence = min(scorer["typical_silence"], history.age)
    usual = history._replace(last=history.age - typical_silence)
    usual_log_odds = predict_log_odds(parameters, usual, horizon_days)
    return {
        "pace": usual_log_odds - scorer["base"],
        "recency_days": predict_log_odds(parameters, history, horizon_days) - usual_log_odds,
    }


def add_logarithms(first: float, second: float) -> float:
    """Return the logarithm of the sum of two numbers that are given by their logarithms."""
    high, low = max(first, second), min(first, second)
    return high + math.log1p(math.exp(low - high))


def _weigh_silence(regularity: int, events: float, silence: float, rate_days: float) -> float:
    """Return the logarithm of the weight of a gap that is at least as long as the silence."""
    terms = [math.lgamma(events) - events * math.log(rate_days)]
    if silence > 0:
        terms += [
            j * math.log(silence)
            - math.lgamma(j + 1)
            + math.lgamma(events + j)
            - (events + j) * math.log(rate_days)
            for j in range(1, regularity)
        ]
    highest = max(terms)
    return highest + math.log(math.fsum(math.exp(term - highest) for term in terms))
