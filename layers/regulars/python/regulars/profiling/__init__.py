"""Keeping one exact profile per person: the ledger's stream to profiles and to the lake, and the proof that it holds."""

from regulars.ingestion.archiving import archive_events
from regulars.profiling.carts import CartCheck, Told, detect_abandonment, watch_carts
from regulars.profiling.updating import update_profiles
from regulars.store.profile_stores import Stores

__all__ = [
    "CartCheck",
    "Stores",
    "Told",
    "archive_events",
    "detect_abandonment",
    "update_profiles",
    "watch_carts",
]
