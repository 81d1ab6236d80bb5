"""Why somebody may leave or stay, in words: features that say the same thing speak once, with the person's own numbers."""

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

_SILENT_DAYS = (
    45.0  # a silence shorter than this is no reason to worry, a longer one none to be calm
)
_FEW = 3  # orders
_WHISPER = 0.02  # log-odds below which a theme is not worth a sentence

type Features = Mapping[str, float]


def silence(features: Features) -> str:
    """How long the last order is ago, beside the person's own habit."""
    since = f"last ordered {_days(features['recency_days'])} ago"
    if features["purchase_days"] <= 1:
        return since
    return f"{since}, usually every {_days(features['gap_mean'])}"


def _habit(features: Features) -> str:
    orders = f"{features['orders']:.0f} order{'s' if features['orders'] > 1 else ''}"
    return f"{orders} in {_days(features['tenure_days'])}"


def _lately(features: Features) -> str:
    lately, before = features["orders_90"], features["orders_90_before"]
    return f"{_times(lately)} in the last 90 days, {_times(before)} in the 90 days before"


def _way(features: Features) -> str:
    channels = features["channels"]
    on = "one channel" if channels <= 1 else f"{channels:.0f} channels"
    return f"orders on {on}, {features['refund_share']:.0%} of the orders with a refund"


def _times(orders: float) -> str:
    return {0: "no order", 1: "1 order"}.get(int(orders), f"{orders:.0f} orders")


def _days(days: float) -> str:
    whole = max(round(days), 0)
    return {0: "less than a day", 1: "1 day"}.get(whole, f"{whole} days")


class Theme(NamedTuple):
    """Features that say one thing together, and how to say that it raises the risk, or lowers it.

    A sentence speaks only where `fits` finds it plausible: among features that move together a model may share out
    its weights in ways that sum up right and read wrong.
    """

    features: tuple[str, ...]
    rising: Callable[[Features], str]
    falling: Callable[[Features], str]
    fits: Callable[[Features, bool], bool] = lambda _features, _rising: True


def _said(text: str) -> Callable[[Features], str]:
    return lambda _: text


THEMES = (
    Theme(
        (
            "recency_days",
            "tenure_days",
            "idle_share",
            "overdue",
            "silence_chance",
            "gap_mean",
            "gap_std",
            "gap_last",
            "gap_growth",
        ),
        silence,
        silence,
        lambda features, rising: (features["recency_days"] > _SILENT_DAYS) == rising,
    ),
    Theme(
        ("orders", "purchase_days", "months_active", "pace", "quiet_chance"),
        _habit,
        _habit,
        lambda features, rising: (features["orders"] <= _FEW) == rising,
    ),
    Theme(
        (
            "orders_30",
            "orders_90",
            "orders_90_before",
            "orders_growth",
            "orders_decayed_30",
            "orders_decayed_90",
            "money_90",
            "money_decayed_90",
        ),
        _lately,
        _lately,
        lambda features, rising: (features["orders_90"] <= features["orders_90_before"]) == rising,
    ),
    Theme(
        ("money", "basket_mean", "basket_last", "price_mean", "quantity"),
        _said("spends less like those who stay"),
        _said("spends like those who stay"),
    ),
    Theme(
        ("products", "categories", "rebuy_share", "due_products", "product_loyalty"),
        _said("buys little of what people come back for"),
        _said("buys what people come back for"),
    ),
    Theme(
        ("product_trend", "product_popularity", "stocked_share"),
        _said("bought things that are less in demand now"),
        _said("bought things that are in demand now"),
    ),
    Theme(
        ("visit_days_30", "visit_days_90", "visit_recency_days", "carts_30"),
        _said("has hardly visited lately"),
        _said("has visited lately"),
        lambda features, rising: (features["visit_days_30"] < 1) == rising,
    ),
    Theme(
        ("mails_opened_90", "mails_clicked_90", "messages_90"),
        _said("does not react to mail"),
        _said("reads mail or writes"),
        lambda features, rising: (
            (features["mails_opened_90"] + features["messages_90"] < 1) == rising
        ),
    ),
    Theme(("refund_share", "foreign_share", "channels", "web_share"), _way, _way),
)


def reasons(
    added: Mapping[str, float], features: Features, *, rising: bool, most: int = 3
) -> tuple[str, ...]:
    """The strongest themes that push the risk the way it leans, strongest first; `added` is in log-odds."""
    sign = 1.0 if rising else -1.0
    pushes = [
        (sign * math.fsum(added.get(name, 0.0) for name in theme.features), -rank)
        for rank, theme in enumerate(THEMES)
    ]
    loud = [THEMES[-rank] for push, rank in sorted(pushes, reverse=True) if push > _WHISPER]
    fitting = [theme for theme in loud if theme.fits(features, rising)][:most]
    return tuple((theme.rising if rising else theme.falling)(features) for theme in fitting)
