"""Keeping one exact profile per person: the ledger's stream to profiles and to the lake, and the proof that it holds."""

from regulars.profiling.archiving import archive_events
from regulars.profiling.stores import Stores
from regulars.profiling.updating import update_profiles

__all__ = ["Stores", "archive_events", "update_profiles"]
