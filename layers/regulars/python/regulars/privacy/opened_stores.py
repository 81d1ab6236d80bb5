"""Open the stores from which people are erased, by the names of the resources of a deployment."""

from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Self

from regulars.privacy.cart_check_sweep import CartCheckSweep
from regulars.privacy.contact_sweep import ContactSweep
from regulars.privacy.dead_letter_sweep import DeadLetterSweep
from regulars.privacy.erasure_jobs import ErasureJobs
from regulars.privacy.erasure_stores import ErasureStores
from regulars.privacy.lake_sweep import LakeSweep
from regulars.privacy.receipts import ReceiptArchive
from regulars.privacy.reject_sweep import RejectSweep
from regulars.privacy.upload_sweep import UploadSweep
from regulars.store.champions import Champions
from regulars.store.inventory import Inventory
from regulars.store.ledger import Ledger
from regulars.store.object_versions import ObjectVersions
from regulars.store.orders import Orders
from regulars.store.parameters import Parameters
from regulars.store.profile_stores import ProfileStores
from regulars.store.profiles import Profiles
from regulars.store.proposals import Proposals
from regulars.store.rejects import Rejects
from regulars.store.schedules import Schedules, ScheduleTarget
from regulars.store.tombstones import TombstoneStore


@dataclass(frozen=True, kw_only=True)
class ErasureResources:
    """The names of the resources, and the defaults, that an erasure needs of a deployment."""

    events_table: str
    people_table: str
    contacts_table: str
    profiles_table: str
    control_table: str
    rejects_table: str
    uploads_bucket: str
    lake_bucket: str
    parameters_prefix: str
    default_country: str
    cart_checks_prefix: str
    abandoned_after_minutes: str
    dead_letter_queues: str
    erasure_wait_seconds: str

    @classmethod
    def from_names(cls, names: object) -> Self:
        """Read the names from a deployment, or from the settings of a function."""
        return cls(**{field.name: getattr(names, field.name) for field in fields(cls)})


def open_erasure_stores(deployment: object) -> ErasureStores:
    """Open all stores of a deployment that may hold something of a person; raise LookupError without a pepper.

    `deployment` has the names of `ErasureResources`.
    """
    names = ErasureResources.from_names(deployment)
    ledger = Ledger(names.events_table)
    lake_objects = ObjectVersions(names.lake_bucket)
    pepper = Parameters(names.parameters_prefix).read_pepper()
    # To cancel a schedule only its name matters.
    target = ScheduleTarget(function="", role="", dead_letters="", prefix=names.cart_checks_prefix)
    delay = timedelta(minutes=int(names.abandoned_after_minutes))
    return ErasureStores(
        ledger=ledger,
        inventory=Inventory(names.events_table, names.profiles_table),
        profiles=ProfileStores(
            profiles=Profiles(names.profiles_table),
            orders=Orders(names.profiles_table),
            ledger=ledger,
            rejects=Rejects(names.rejects_table),
        ),
        tombstones=TombstoneStore(names.profiles_table),
        contacts=ContactSweep(names.contacts_table, names.people_table),
        rejects=RejectSweep(names.rejects_table),
        lake=LakeSweep(lake_objects, ledger),
        uploads=UploadSweep(ObjectVersions(names.uploads_bucket)),
        proposals=Proposals(names.control_table),
        champions=Champions(names.control_table),
        jobs=ErasureJobs(lake_objects),
        receipts=ReceiptArchive(lake_objects, pepper),
        cart_checks=CartCheckSweep(Schedules(target), delay),
        dead_letters=DeadLetterSweep(names.dead_letter_queues.split()),
        pepper=pepper,
        country=names.default_country,
        wait_seconds=float(names.erasure_wait_seconds),
    )
