"""Sign and keep the receipts of erasures: what was removed from which store, and when, without personal data."""

import hmac
from collections.abc import Iterator
from datetime import timedelta

import msgspec

from regulars.domain.times import from_text, to_text
from regulars.privacy.erasure_jobs import ErasureJob
from regulars.store.object_versions import ObjectVersions
from regulars.store.schema import KEYED_DATA_DAYS, PERSONAL_DATA_DAYS

RECEIPTS_PREFIX = "receipts/"
KEY_PURPOSE = b"regulars/erasure-receipts/1"


class ErasureReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """What an erasure removed.

    `identifiers` is the number of keyed hashes, `removed` counts by store, `retrain` names the models that may have
    learned from the person. Until the two times at the end, backups of the tables can still hold contact data, and
    events under keyed hashes. `signature` is an HMAC-SHA256 in hex over all other fields.
    """

    id: str
    erased_at: str
    finished_at: str
    identifiers: int
    removed: dict[str, int]
    waiting: dict[str, int]
    retrain: tuple[str, ...]
    contact_data_in_backups_until: str
    events_in_backups_until: str
    signature: str = ""


class ReceiptArchive:
    """The receipts in the lake's bucket, signed with a key that is made from the pepper."""

    def __init__(self, objects: ObjectVersions, pepper: bytes) -> None:
        self._objects = objects
        self._pepper = pepper

    def issue_receipt(self, job: ErasureJob) -> ErasureReceipt:
        """Sign and store the receipt of a finished job, and return it."""
        finished_at = from_text(job.finished_at)
        receipt = ErasureReceipt(
            id=job.id,
            erased_at=job.erased_at,
            finished_at=job.finished_at,
            identifiers=len(job.subjects),
            removed={name: count for name, count in sorted(job.counts.items()) if count},
            waiting=job.waiting,
            retrain=job.retrain,
            contact_data_in_backups_until=to_text(finished_at + timedelta(days=PERSONAL_DATA_DAYS)),
            events_in_backups_until=to_text(finished_at + timedelta(days=KEYED_DATA_DAYS)),
        )
        signed = msgspec.structs.replace(receipt, signature=sign_receipt(receipt, self._pepper))
        key = f"{RECEIPTS_PREFIX}{job.finished_at}-{job.id}.json"
        self._objects.put_object(key, msgspec.json.format(msgspec.json.encode(signed), indent=2))
        return signed

    def list_receipts(self) -> Iterator[tuple[ErasureReceipt, bool]]:
        """Yield all receipts, oldest first, and whether each is as it was signed."""
        for version in self._objects.list_versions(RECEIPTS_PREFIX):
            if version.is_latest:
                content = self._objects.read_version(version)
                receipt = msgspec.json.decode(content, type=ErasureReceipt)
                expected = sign_receipt(receipt, self._pepper)
                yield receipt, hmac.compare_digest(expected, receipt.signature)


def sign_receipt(receipt: ErasureReceipt, pepper: bytes) -> str:
    """Return the signature of a receipt: HMAC-SHA256, in hex, over its canonical JSON without the signature.

    The key is the HMAC-SHA256 of a fixed text with the pepper, so that a signature says nothing about the pepper.
    """
    key = hmac.digest(pepper, KEY_PURPOSE, "sha256")
    unsigned = msgspec.structs.replace(receipt, signature="")
    content = msgspec.json.encode(unsigned, order="deterministic")
    return hmac.digest(key, content, "sha256").hex()
