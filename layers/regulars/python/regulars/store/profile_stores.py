"""The stores a profile is kept in and made from."""

from dataclasses import dataclass

from regulars.store.ledger import Ledger
from regulars.store.people import People
from regulars.store.profiles import Profiles
from regulars.store.rejects import Rejects


@dataclass(frozen=True)
class Stores:
    """Identities, profiles, the events they are the fold of, and what had to be set aside."""

    people: People
    profiles: Profiles
    ledger: Ledger
    rejects: Rejects
