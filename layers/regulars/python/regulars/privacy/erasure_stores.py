"""Group the stores from which people are erased."""

from dataclasses import dataclass

from regulars.privacy.cart_check_sweep import CartCheckSweep
from regulars.privacy.contact_sweep import ContactSweep
from regulars.privacy.dead_letter_sweep import DeadLetterSweep
from regulars.privacy.erasure_jobs import ErasureJobs
from regulars.privacy.lake_sweep import LakeSweep
from regulars.privacy.receipts import ReceiptArchive
from regulars.privacy.reject_sweep import RejectSweep
from regulars.privacy.upload_sweep import UploadSweep
from regulars.store.champions import Champions
from regulars.store.inventory import Inventory
from regulars.store.ledger import Ledger
from regulars.store.profile_stores import ProfileStores
from regulars.store.proposals import Proposals
from regulars.store.tombstones import TombstoneStore


@dataclass(frozen=True, kw_only=True)
class ErasureStores:
    """All stores that may hold something of a person."""

    ledger: Ledger
    inventory: Inventory
    profiles: ProfileStores
    tombstones: TombstoneStore
    contacts: ContactSweep
    rejects: RejectSweep
    lake: LakeSweep
    uploads: UploadSweep
    proposals: Proposals
    champions: Champions
    jobs: ErasureJobs
    receipts: ReceiptArchive
    cart_checks: CartCheckSweep
    dead_letters: DeadLetterSweep
    pepper: bytes
    country: str
    wait_seconds: float
