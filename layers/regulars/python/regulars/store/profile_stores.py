"""Group the stores that the update of profiles reads and writes."""

from dataclasses import dataclass

from regulars.store.ledger import Ledger
from regulars.store.people import People
from regulars.store.profiles import Profiles
from regulars.store.rejects import Rejects


@dataclass(frozen=True, kw_only=True)
class ProfileStores:
    """Identities, profiles, the events from which profiles are folded, and rejects."""

    people: People
    profiles: Profiles
    ledger: Ledger
    rejects: Rejects
