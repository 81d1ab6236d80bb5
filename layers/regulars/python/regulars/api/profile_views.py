"""A profile as the API tells it: stable names, money as decimal text, and no score without its basis."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from regulars.domain import lifecycle
from regulars.domain.errors import ProfileNotFoundError
from regulars.domain.money import format_major_units
from regulars.domain.orders import OrderTotals
from regulars.domain.profiles import ProfileState
from regulars.store.served_profiles import MAX_PROFILE_ID_CHARACTERS, Person, ServedProfiles

# The coarse segment of whoever is not known, or not in a segment yet: a read key cannot tell the two apart.
NO_SEGMENT = "none"
# How likely a person is lost, by lifecycle stage alone: told until a model has scored them.
_BANDS = {
    "new": "low",
    "active": "low",
    "loyal": "low",
    "won_back": "low",
    "at_risk": "medium",
    "dormant": "high",
    "lost": "high",
}


def find(profiles: ServedProfiles, profile_id: str) -> Person:
    """The person with this id or who took them in; ProfileNotFoundError for an unknown id."""
    person = profiles.scored(profile_id) if len(profile_id) <= MAX_PROFILE_ID_CHARACTERS else None
    if person is None:
        raise ProfileNotFoundError(profile_id)
    return person


def coarse(profiles: ServedProfiles, profile_id: str) -> dict[str, Any]:
    """All that a public key learns of an id: its segment, of the same shape whether anybody has the id or not."""
    person = profiles.scored(profile_id) if len(profile_id) <= MAX_PROFILE_ID_CHARACTERS else None
    segments = person.scores.get("segments", {}) if person else {}
    return {"id": profile_id, "segment": segments.get("rfm") or NO_SEGMENT}


def view(person: Person, now: datetime) -> dict[str, Any]:
    """The whole profile, for the owner."""
    state, scores = person.state, person.scores
    stage = lifecycle.stage(state, now)
    return {
        "id": person.profile_id,
        "first_seen": state.first_seen,
        "last_seen": state.last_seen,
        "lifecycle": {"stage": stage, "basis": "rules"},
        "events": state.events,
        "counts": state.counts,
        "channels": _channels(state),
        "orders": _orders(state.orders),
        "consent": {
            channel: {"status": one.status, "at": one.at, "basis": one.basis}
            for channel, one in state.consent.items()
        },
        "traits": {name: trait.value for name, trait in state.traits.items()},
        "churn": scores.get("churn") or _churn_by_rule(stage),
        "rfm": scores.get("rfm"),
        "segments": {"rfm": None, "kmeans": None} | scores.get("segments", {}),
        "next_best_products": scores.get("next_best_products", []),
        "scored_at": scores.get("computed_at"),
    }


def _channels(state: ProfileState) -> dict[str, Any]:
    return {
        channel: {"first_seen": seen.first, "last_seen": seen.last, "events": seen.events}
        for channel, seen in state.channels.items()
    }


def _orders(orders: OrderTotals) -> dict[str, Any]:
    gap = orders.mean_gap_days
    return {
        "count": orders.count,
        "cancelled": orders.cancelled,
        "items": orders.quantity,
        "first_at": orders.first or None,
        "last_at": orders.last or None,
        "mean_gap_days": None if gap is None else round(gap, 1),
        "spent": _money(orders.money),
        "refunded": _money(orders.refunded),
    }


def _money(amounts: Mapping[str, int]) -> list[dict[str, str]]:
    return [
        {"amount": format_major_units(minor, currency), "currency": currency}
        for currency, minor in sorted(amounts.items())
    ]


def _churn_by_rule(stage: str) -> dict[str, Any]:
    return {
        "probability": None,
        "band": _BANDS.get(stage, "unknown"),
        "basis": "rules",
        "horizon_days": None,
        "reasons": [f"lifecycle stage {stage}, not scored by a model yet"],
        "model_version": None,
        "status": "not_scored",
    }
