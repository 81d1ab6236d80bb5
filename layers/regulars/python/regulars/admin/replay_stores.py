"""Open the stores in which a reject is received again."""

from dataclasses import dataclass
from typing import Self

from regulars.admin.deployment import Deployment
from regulars.store.api_keys import ApiKeys
from regulars.store.contacts import Contacts
from regulars.store.lake import Lake
from regulars.store.ledger import Ledger
from regulars.store.order_sources import OrderSources
from regulars.store.orders import Orders
from regulars.store.parameters import Parameters
from regulars.store.profiles import Profiles
from regulars.store.rejects import Rejects
from regulars.store.sources import Sources
from regulars.store.tombstones import TombstoneStore


@dataclass(frozen=True, kw_only=True)
class ReplayStores:
    """The stores in which a reject is recorded, folded or archived, and the defaults for its delivery."""

    rejects: Rejects
    keys: ApiKeys
    sources: Sources
    parameters: Parameters
    ledger: Ledger
    contacts: Contacts
    order_sources: OrderSources
    profiles: Profiles
    orders: Orders
    tombstones: TombstoneStore
    lake: Lake
    default_country: str
    default_currency: str

    @classmethod
    def from_deployment(cls, deployment: Deployment) -> Self:
        """Open the stores of a deployment."""
        return cls(
            rejects=Rejects(deployment.rejects_table),
            keys=ApiKeys(deployment.control_table),
            sources=Sources(deployment.control_table),
            parameters=Parameters(deployment.parameters_prefix),
            ledger=Ledger(deployment.events_table),
            contacts=Contacts(deployment.contacts_table),
            order_sources=OrderSources(deployment.control_table),
            profiles=Profiles(deployment.profiles_table),
            orders=Orders(deployment.profiles_table),
            tombstones=TombstoneStore(deployment.profiles_table),
            lake=Lake(deployment.lake_bucket),
            default_country=deployment.default_country,
            default_currency=deployment.default_currency,
        )
