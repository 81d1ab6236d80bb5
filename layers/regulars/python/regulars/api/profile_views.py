"""Render profiles as the API returns them: stable names, money as decimal text, and every score with its basis."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from regulars.api.consent_views import consent_view
from regulars.domain.errors import ProfileNotFoundError
from regulars.domain.lifecycle import lifecycle_stage
from regulars.domain.money import format_major_units
from regulars.domain.orders import OrderTotals
from regulars.domain.profiles import ProfileState
from regulars.profiles.served_profiles import (
    MAX_PROFILE_ID_CHARACTERS,
    ScoredProfile,
    ServedProfiles,
)

# The coarse segment of an unknown profile and of one without a segment: a read key cannot distinguish them.
NO_SEGMENT = "none"
# The churn band by lifecycle stage, for profiles that no model has scored yet.
_STAGE_BANDS = {
    "new": "low",
    "active": "low",
    "loyal": "low",
    "won_back": "low",
    "at_risk": "medium",
    "dormant": "high",
    "lost": "high",
}


def find_profile(profiles: ServedProfiles, profile_id: str) -> ScoredProfile:
    """Return the person with this id; raise ProfileNotFoundError for an unknown id."""
    profile = _find_optional_profile(profiles, profile_id)
    if profile is None:
        raise ProfileNotFoundError(profile_id)
    return profile


def segment_view(profiles: ServedProfiles, profile_id: str) -> dict[str, Any]:
    """Return what a read key may see: the segment, in the same shape whether a profile has this id or not."""
    profile = _find_optional_profile(profiles, profile_id)
    segments = profile.scores.get("segments", {}) if profile else {}
    return {"id": profile_id, "segment": segments.get("rfm") or NO_SEGMENT}


def profile_view(profile: ScoredProfile, now: datetime) -> dict[str, Any]:
    """Return the whole profile, for the owner."""
    state, scores = profile.state, profile.scores
    stage = lifecycle_stage(state, now)
    return {
        "id": profile.profile_id,
        "first_seen": state.first_seen,
        "last_seen": state.last_seen,
        "lifecycle": {"stage": stage, "basis": "rules"},
        "events": state.events,
        "counts": state.counts,
        "channels": _channels_view(state),
        "orders": _orders_view(state.orders),
        "consent": consent_view(state.consents),
        "traits": {name: trait.value for name, trait in state.traits.items()},
        "churn": scores.get("churn") or _churn_by_rules(stage),
        "rfm": scores.get("rfm"),
        "segments": {"rfm": None, "kmeans": None} | scores.get("segments", {}),
        "segment_ids": {"rfm": None, "kmeans": None} | scores.get("segment_ids", {}),
        "next_best_products": scores.get("next_best_products", []),
        "scored_at": scores.get("computed_at"),
    }


def _find_optional_profile(profiles: ServedProfiles, profile_id: str) -> ScoredProfile | None:
    if len(profile_id) > MAX_PROFILE_ID_CHARACTERS:
        return None
    return profiles.find_with_scores(profile_id)


def _channels_view(state: ProfileState) -> dict[str, Any]:
    return {
        channel: {
            "first_seen": activity.first,
            "last_seen": activity.last,
            "events": activity.events,
        }
        for channel, activity in state.channels.items()
    }


def _orders_view(orders: OrderTotals) -> dict[str, Any]:
    gap_days = orders.mean_gap_days
    return {
        "count": orders.count,
        "cancelled": orders.cancelled,
        "items": orders.quantity,
        "first_at": orders.first or None,
        "last_at": orders.last or None,
        "mean_gap_days": None if gap_days is None else round(gap_days, 1),
        "spent": _money_view(orders.money),
        "refunded": _money_view(orders.refunded),
    }


def _money_view(amounts: Mapping[str, int]) -> list[dict[str, str]]:
    return [
        {"amount": format_major_units(minor, currency), "currency": currency}
        for currency, minor in sorted(amounts.items())
    ]


def _churn_by_rules(stage: str) -> dict[str, Any]:
    return {
        "probability": None,
        "band": _STAGE_BANDS.get(stage, "unknown"),
        "basis": "rules",
        "horizon_days": None,
        "reasons": [f"lifecycle stage {stage}, not scored by a model yet"],
        "model_version": None,
        "status": "not_scored",
    }
