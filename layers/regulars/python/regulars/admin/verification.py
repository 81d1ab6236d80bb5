"""Compares all that is stored about people with the ledger, and repairs it."""

from regulars.admin.contact_migration import migrate_contacts
from regulars.admin.deployment import Deployment
from regulars.profiles.repair import OnRepair, repair_profiles
from regulars.profiles.verify import Verification, verify_profiles
from regulars.store.contacts import Contacts
from regulars.store.inventory import Inventory
from regulars.store.ledger import Ledger
from regulars.store.orders import Orders
from regulars.store.profile_stores import ProfileStores
from regulars.store.profiles import Profiles
from regulars.store.rejects import Rejects


def verify_deployment(deployment: Deployment) -> Verification:
    """Compute all profiles from the ledger again and return all differences; no event may be written meanwhile."""
    return verify_profiles(_open_inventory(deployment))


def repair_deployment(deployment: Deployment, on_repair: OnRepair) -> Verification:
    """Store again what differs from the ledger, move what earlier versions stored; return what differs after that."""
    migrate_contacts(deployment.people_table, Contacts(deployment.contacts_table))
    stores = ProfileStores(
        profiles=Profiles(deployment.profiles_table),
        orders=Orders(deployment.profiles_table),
        ledger=Ledger(deployment.events_table),
        rejects=Rejects(deployment.rejects_table),
    )
    return repair_profiles(_open_inventory(deployment), stores, on_repair)


def _open_inventory(deployment: Deployment) -> Inventory:
    return Inventory(deployment.events_table, deployment.profiles_table)
