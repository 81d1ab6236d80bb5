"""Explain a churn risk in sentences: one sentence for each theme of related features, with the person's own numbers."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

# A shorter silence is never a reason for a high risk, a longer one never a reason for a low risk.
_LONG_SILENCE_DAYS = 45.0
_FEW_ORDERS = 3
_MIN_PUSH_LOG_ODDS = 0.02  # a theme that moves the log-odds less gets no sentence

type Features = Mapping[str, float]


def describe_silence(features: Features) -> str:
    """Return how long ago the last order was, and the person's usual gap."""
    last_order = f"last ordered {_format_days(features['recency_days'])} ago"
    if features["purchase_days"] <= 1:
        return last_order
    return f"{last_order}, usually every {_format_days(features['gap_mean'])}"


def _describe_frequency(features: Features) -> str:
    orders = f"{features['orders']:.0f} order{'s' if features['orders'] > 1 else ''}"
    return f"{orders} in {_format_days(features['tenure_days'])}"


def _describe_trend(features: Features) -> str:
    recent = _format_order_count(features["orders_90"])
    previous = _format_order_count(features["orders_90_before"])
    return f"{recent} in the last 90 days, {previous} in the 90 days before"


def _describe_channels(features: Features) -> str:
    count = features["channels"]
    channels = "one channel" if count <= 1 else f"{count:.0f} channels"
    return f"orders on {channels}, {features['refund_share']:.0%} of the orders with a refund"


def _format_order_count(orders: float) -> str:
    return {0: "no order", 1: "1 order"}.get(int(orders), f"{orders:.0f} orders")


def _format_days(days: float) -> str:
    whole_days = max(round(days), 0)
    return {0: "less than a day", 1: "1 day"}.get(whole_days, f"{whole_days} days")


@dataclass(frozen=True, kw_only=True)
class ReasonTheme:
    """Related features, and how to say that together they raise or lower the risk.

    Among correlated features a model may share out its weights in ways that add up correctly but read wrong:
    a theme gives a sentence only if `is_plausible(features, raises_risk)`.
    """

    features: tuple[str, ...]
    describe_rise: Callable[[Features], str]
    describe_fall: Callable[[Features], str]
    is_plausible: Callable[[Features, bool], bool] = lambda _features, _raises_risk: True


def _constant_text(text: str) -> Callable[[Features], str]:
    return lambda _features: text


REASON_THEMES = (
    ReasonTheme(
        features=(
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
        describe_rise=describe_silence,
        describe_fall=describe_silence,
        is_plausible=lambda features, raises_risk: (
            (features["recency_days"] > _LONG_SILENCE_DAYS) == raises_risk
        ),
    ),
    ReasonTheme(
        features=("orders", "purchase_days", "months_active", "pace", "quiet_chance"),
        describe_rise=_describe_frequency,
        describe_fall=_describe_frequency,
        is_plausible=lambda features, raises_risk: (
            (features["orders"] <= _FEW_ORDERS) == raises_risk
        ),
    ),
    ReasonTheme(
        features=(
            "orders_30",
            "orders_90",
            "orders_90_before",
            "orders_growth",
            "orders_decayed_30",
            "orders_decayed_90",
            "money_90",
            "money_decayed_90",
        ),
        describe_rise=_describe_trend,
        describe_fall=_describe_trend,
        is_plausible=lambda features, raises_risk: (
            (features["orders_90"] <= features["orders_90_before"]) == raises_risk
        ),
    ),
    ReasonTheme(
        features=("money", "basket_mean", "basket_last", "price_mean", "quantity"),
        describe_rise=_constant_text("spends less like those who stay"),
        describe_fall=_constant_text("spends like those who stay"),
    ),
    ReasonTheme(
        features=("products", "categories", "rebuy_share", "due_products", "product_loyalty"),
        describe_rise=_constant_text("buys little of what people come back for"),
        describe_fall=_constant_text("buys what people come back for"),
    ),
    ReasonTheme(
        features=("product_trend", "product_popularity", "stocked_share"),
        describe_rise=_constant_text("bought things that are less in demand now"),
        describe_fall=_constant_text("bought things that are in demand now"),
    ),
    ReasonTheme(
        features=("visit_days_30", "visit_days_90", "visit_recency_days", "carts_30"),
        describe_rise=_constant_text("has hardly visited lately"),
        describe_fall=_constant_text("has visited lately"),
        is_plausible=lambda features, raises_risk: (features["visit_days_30"] < 1) == raises_risk,
    ),
    ReasonTheme(
        features=("mails_opened_90", "mails_clicked_90", "messages_90"),
        describe_rise=_constant_text("does not react to mail"),
        describe_fall=_constant_text("reads mail or writes"),
        is_plausible=lambda features, raises_risk: (
            (features["mails_opened_90"] + features["messages_90"] < 1) == raises_risk
        ),
    ),
    ReasonTheme(
        features=("refund_share", "foreign_share", "channels", "web_share"),
        describe_rise=_describe_channels,
        describe_fall=_describe_channels,
    ),
)


def explain_risk(
    contributions: Mapping[str, float],
    features: Features,
    *,
    raises_risk: bool,
    max_reasons: int = 3,
) -> tuple[str, ...]:
    """Return the sentences of the themes that push the risk up, or down, strongest first.

    `contributions` is what each feature adds to the log-odds.
    """
    sign = 1.0 if raises_risk else -1.0
    pushes = [
        (sign * math.fsum(contributions.get(name, 0.0) for name in theme.features), -rank)
        for rank, theme in enumerate(REASON_THEMES)
    ]
    strong_themes = [
        REASON_THEMES[-rank]
        for push, rank in sorted(pushes, reverse=True)
        if push > _MIN_PUSH_LOG_ODDS
    ]
    themes = [theme for theme in strong_themes if theme.is_plausible(features, raises_risk)]
    return tuple(
        (theme.describe_rise if raises_risk else theme.describe_fall)(features)
        for theme in themes[:max_reasons]
    )
