"""Explain a churn risk in sentences: one sentence for each theme of related features, with the person's own numbers.

A sentence has to argue for the risk in three ways: the model moves the risk in that direction for the theme, the
person's own numbers say so, and they are uncommon among the shop's buyers.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from regulars.domain.texts import format_count

_OVERDUE_GAPS = 1.5  # a silence of so many usual gaps is long
_MIN_TENURE_DAYS = 30.0  # before, nobody can have ordered seldom
_MIN_HABIT_DAYS = 3  # purchase days that make ordering often
_MIN_PUSH_LOG_ODDS = 0.02  # a theme that moves the log-odds less gets no sentence

type Features = Mapping[str, float]
type Predicate = Callable[[Features], bool]
type Sentence = Callable[[Features], str]


class ReasonBounds(NamedTuple):
    """A feature below `low` or above `high` is uncommon among the shop's buyers."""

    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class ReasonTheme:
    """Related features, and how to say that together they raise or lower the risk.

    `figure` is the feature that the sentences are about; `argues_up` says whether a high figure argues for staying
    away. A sentence is true only if its predicate holds; a theme may have no sentence for a direction.
    """

    features: tuple[str, ...]
    figure: str
    argues_up: bool
    rise: Sentence | None
    fall: Sentence | None
    is_rise: Predicate = lambda _features: True
    is_fall: Predicate = lambda _features: True

    def find_sentence(
        self, features: Features, bounds: ReasonBounds | None, *, raises_risk: bool
    ) -> str | None:
        """Return the sentence for this direction, or None if it is not true or said to too many."""
        write, is_true = (self.rise, self.is_rise) if raises_risk else (self.fall, self.is_fall)
        if write is None or bounds is None or self.figure not in features:
            return None
        figure = features[self.figure]
        is_beyond = figure > bounds.high if raises_risk == self.argues_up else figure < bounds.low
        return write(features) if is_beyond and is_true(features) else None


def explain_risk(
    contributions: Mapping[str, float],
    features: Features,
    bounds: Mapping[str, ReasonBounds],
    *,
    raises_risk: bool,
    max_reasons: int = 3,
) -> tuple[str, ...]:
    """Return the sentences of the themes that push the risk up, or down, strongest first.

    `contributions` is what each feature adds to the log-odds; `bounds` are by figure.
    """
    sign = 1.0 if raises_risk else -1.0
    pushes = [
        (sign * math.fsum(contributions.get(name, 0.0) for name in theme.features), -rank)
        for rank, theme in enumerate(REASON_THEMES)
    ]
    themes = [
        REASON_THEMES[-rank]
        for push, rank in sorted(pushes, reverse=True)
        if push > _MIN_PUSH_LOG_ODDS
    ]
    sentences = [
        theme.find_sentence(features, bounds.get(theme.figure), raises_risk=raises_risk)
        for theme in themes
    ]
    return tuple(sentence for sentence in sentences if sentence)[:max_reasons]


def _describe_silence(features: Features) -> str:
    last_order = f"last ordered {_format_days(features['recency_days'])} ago"
    if features["purchase_days"] <= 1:
        return last_order
    return f"{last_order}, usually every {_format_days(features['gap_mean'])}"


def _compare_pace(comparison: str) -> Sentence:
    def describe_pace(features: Features) -> str:
        orders = format_count(round(features["orders"]), "order")
        return f"{orders} in {_format_days(features['tenure_days'])}, {comparison} than most buyers"

    return describe_pace


def _describe_trend(features: Features) -> str:
    recent = _format_order_count(features["orders_90"])
    previous = _format_order_count(features["orders_90_before"])
    return f"{recent} in the last 90 days, {previous} in the 90 days before"


def _describe_visits(features: Features) -> str:
    days = features["visit_days_30"]
    return f"visited on {days:.0f} of the last 30 days"


def _describe_mails(features: Features) -> str:
    mails = format_count(round(features["mails_opened_90"]), "mail")
    return f"opened {mails} in the last 90 days"


def _describe_refunds(features: Features) -> str:
    return f"{features['refund_share']:.0%} of the orders with a refund"


def _describe_channels(features: Features) -> str:
    return f"orders on {features['channels']:.0f} channels"


def _constant_text(text: str) -> Sentence:
    return lambda _features: text


def _format_order_count(orders: float) -> str:
    return format_count(round(orders), "order") if orders else "no order"


def _format_days(days: float) -> str:
    whole_days = max(round(days), 0)
    return format_count(whole_days, "day") if whole_days else "less than a day"


def _is_paid_in_shop_currency(features: Features) -> bool:
    """Money counts orders in the shop's own currency only."""
    return features.get("foreign_share", 0.0) <= 0


REASON_THEMES = (
    ReasonTheme(
        features=(
            "recency_days",
            "idle_share",
            "overdue",
            "silence_chance",
            "gap_mean",
            "gap_std",
            "gap_last",
            "gap_growth",
        ),
        figure="overdue",
        argues_up=True,
        rise=_describe_silence,
        fall=_describe_silence,
        is_rise=lambda features: features["overdue"] > _OVERDUE_GAPS,
        is_fall=lambda features: features["overdue"] <= 1,
    ),
    ReasonTheme(
        features=(
            "orders",
            "purchase_days",
            "months_active",
            "pace",
            "quiet_chance",
            "tenure_days",
        ),
        figure="pace",
        argues_up=False,
        rise=_compare_pace("less often"),
        fall=_compare_pace("more often"),
        is_rise=lambda features: features["tenure_days"] >= _MIN_TENURE_DAYS,
        is_fall=lambda features: features["purchase_days"] >= _MIN_HABIT_DAYS,
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
        figure="orders_growth",
        argues_up=False,
        rise=_describe_trend,
        fall=_describe_trend,
        is_rise=lambda features: features["orders_90"] < features["orders_90_before"],
        is_fall=lambda features: features["orders_90"] > features["orders_90_before"],
    ),
    ReasonTheme(
        features=("money", "basket_mean", "basket_last"),
        figure="basket_mean",
        argues_up=False,
        rise=_constant_text("spends less on an order than most buyers"),
        fall=_constant_text("spends more on an order than most buyers"),
        is_rise=_is_paid_in_shop_currency,
        is_fall=_is_paid_in_shop_currency,
    ),
    ReasonTheme(
        features=("product_loyalty",),
        figure="product_loyalty",
        argues_up=False,
        rise=_constant_text("bought products that people buy again less often than most others"),
        fall=_constant_text("bought products that people buy again more often than most others"),
    ),
    ReasonTheme(
        features=("product_trend",),
        figure="product_trend",
        argues_up=False,
        rise=_constant_text("bought products that sell less this month than those of most buyers"),
        fall=_constant_text("bought products that sell more this month than those of most buyers"),
    ),
    ReasonTheme(
        features=("visit_days_30", "visit_days_90", "carts_30"),
        figure="visit_days_30",
        argues_up=False,
        rise=_constant_text("no visit in the last 30 days"),
        fall=_describe_visits,
        is_rise=lambda features: features["visit_days_30"] < 1,
        is_fall=lambda features: features["visit_days_30"] >= 1,
    ),
    ReasonTheme(
        features=("mails_opened_90", "mails_clicked_90"),
        figure="mails_opened_90",
        argues_up=False,
        rise=_constant_text("opened no mail in the last 90 days"),
        fall=_describe_mails,
        is_rise=lambda features: features["mails_opened_90"] < 1,
        is_fall=lambda features: features["mails_opened_90"] >= 1,
    ),
    ReasonTheme(
        features=("refund_share",),
        figure="refund_share",
        argues_up=True,
        rise=_describe_refunds,
        fall=None,
    ),
    ReasonTheme(
        features=("channels",),
        figure="channels",
        argues_up=False,
        rise=None,
        fall=_describe_channels,
        is_fall=lambda features: features["channels"] > 1,
    ),
)
