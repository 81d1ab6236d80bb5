"""Says what an erasure would remove, and what it has removed."""

from collections.abc import Mapping

from regulars.admin.privacy import ErasurePreview
from regulars.domain.texts import format_count
from regulars.privacy.receipts import ErasureReceipt

STORE_NOUNS = {
    "events": "event of the ledger",
    "rewritten_events": "event of other people that named the person",
    "profile_items": "item of profiles, scores and recommendations",
    "neighbours": "link of other people to the person",
    "orders": "order that named the person",
    "contacts": "statement of contact data",
    "contact_claims": "address that was stated of other people",
    "former_contacts": "contact of version 0.1",
    "proposals": "proposal that somebody else may be the person",
    "rejects": "reject",
    "upload_versions": "version of uploaded files",
    "lake_events": "event in files of the lake",
    "lake_versions": "version of files of the lake",
    "datasets": "dataset",
    "cart_checks": "pending cart check",
    "dead_letters": "dead letter",
}
WAITING_NOUNS = {"uploads": "upload of which an import still runs"}


def describe_preview(preview: ErasurePreview) -> list[str]:
    """Return what is known about a person who shall be erased."""
    if not preview.profile_id:
        return [f"Erased at {preview.erased_at}; nothing has been recorded since."]
    fields = ", ".join(preview.contact_fields) or "none"
    return [
        (
            f"{preview.profile_id}: {format_count(preview.identifiers, 'identifier')}, "
            f"{format_count(preview.events, 'event')}, {format_count(preview.orders, 'order')}, "
            f"contact data: {fields}."
        ),
        *([f"  Erased before, at {preview.erased_at}."] if preview.erased_at else []),
        "Nothing was removed. Add --yes to erase the person from every store; it cannot be undone.",
    ]


def describe_receipt(receipt: ErasureReceipt) -> list[str]:
    """Return a receipt as lines."""
    return [
        f"Erased {format_count(receipt.identifiers, 'identifier')}; receipt {receipt.id}.",
        *describe_removed(receipt.removed),
        *(
            f"  {format_count(count, WAITING_NOUNS[store])}: run this again."
            for store, count in receipt.waiting.items()
        ),
        *(
            f"  The model {model} may have learned from it; the next training leaves it out."
            for model in receipt.retrain
        ),
        (
            f"  Backups forget the contact data by {receipt.contact_data_in_backups_until[:10]}, "
            f"and the events by {receipt.events_in_backups_until[:10]}."
        ),
    ]


def describe_removed(removed: Mapping[str, int]) -> list[str]:
    """Return what was removed, by store."""
    lines = [
        f"  {format_count(count, STORE_NOUNS[store])}" for store, count in removed.items() if count
    ]
    return lines or ["  Nothing was found."]
