"""Compares all that is derived from the ledger with it, and repairs it."""

from msgspec.structs import replace

from regulars.admin.contact_migration import migrate_contacts
from regulars.admin.deployment import Deployment
from regulars.admin.function_calls import FunctionInvoker
from regulars.admin.lost_records import ARCHIVE_FUNCTION, LostRecordStores
from regulars.profiles.repair import OnRepair, repair_profiles
from regulars.profiles.verify import Verification, verify_profiles
from regulars.store.contacts import Contacts
from regulars.store.ledger import Ledger
from regulars.store.orders import Orders
from regulars.store.profile_stores import ProfileStores
from regulars.store.profiles import Profiles
from regulars.store.rejects import Rejects


def verify_deployment(deployment: Deployment) -> Verification:
    """Compute all profiles from the ledger again, and look for its events in the lake; return all that differs.

    No event may be written meanwhile.
    """
    records = LostRecordStores.from_deployment(deployment)
    unarchived = sum(map(len, records.find_missing(ARCHIVE_FUNCTION)))
    return replace(verify_profiles(records.inventory), unarchived=unarchived)


def repair_deployment(deployment: Deployment, on_repair: OnRepair) -> Verification:
    """Store again what differs from the ledger, move what earlier versions stored; return what differs after that."""
    migrate_contacts(deployment.people_table, Contacts(deployment.contacts_table))
    records = LostRecordStores.from_deployment(deployment)
    verification = repair_profiles(records.inventory, _open_stores(deployment), on_repair)
    unarchived = archive_missing(records, FunctionInvoker(deployment))
    return replace(verification, unarchived=unarchived)


def archive_missing(records: LostRecordStores, invoker: FunctionInvoker) -> int:
    """Give the events that the lake lacks to the function that archives; return how many it refused."""
    portions = records.find_missing(ARCHIVE_FUNCTION)
    return sum(
        len(portion)
        for portion in portions
        if invoker.invoke(ARCHIVE_FUNCTION, {"Records": portion}).error
    )


def _open_stores(deployment: Deployment) -> ProfileStores:
    return ProfileStores(
        profiles=Profiles(deployment.profiles_table),
        orders=Orders(deployment.profiles_table),
        ledger=Ledger(deployment.events_table),
        rejects=Rejects(deployment.rejects_table),
    )
