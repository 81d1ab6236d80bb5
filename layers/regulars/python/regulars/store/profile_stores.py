"""Group the stores that the update of profiles reads and writes."""

from dataclasses import dataclass

from regulars.store.ledger import Ledger
from regulars.store.orders import Orders
from regulars.store.profiles import Profiles
from regulars.store.rejects import Rejects


@dataclass(frozen=True, kw_only=True)
class ProfileStores:
    """What is known under each subject, orders, the events from which both are folded, and rejects."""

    profiles: Profiles
    orders: Orders
    ledger: Ledger
    rejects: Rejects
