"""Says what an erasure would remove, and what it has removed."""

from collections.abc import Mapping

from regulars.admin.privacy import ErasurePreview
from regulars.privacy.receipts import ErasureReceipt

STORE_TEXTS = {
    "events": "events of the ledger",
    "rewritten_events": "events of other people that named the person",
    "profile_items": "items of profiles, scores and recommendations",
    "neighbours": "links of other people to the person",
    "orders": "orders that named the person",
    "contacts": "statements of contact data",
    "contact_claims": "addresses that were stated of other people",
    "former_contacts": "contact data of version 0.1",
    "proposals": "proposals that somebody else may be the person",
    "rejects": "rejects",
    "upload_versions": "versions of uploaded files",
    "lake_events": "events in files of the lake",
    "lake_versions": "versions of files of the lake",
    "datasets": "datasets",
    "cart_checks": "pending cart checks",
    "dead_letters": "dead letters",
}


def describe_preview(preview: ErasurePreview) -> list[str]:
    """Return what is known about a person who shall be erased."""
    if not preview.profile_id:
        return [f"Erased at {preview.erased_at}; nothing has been recorded since."]
    fields = ", ".join(preview.contact_fields) or "none"
    return [
        (
            f"{preview.profile_id}: {preview.identifiers} identifiers, {preview.events} events, "
            f"{preview.orders} orders, contact data: {fields}."
        ),
        *([f"  Erased before, at {preview.erased_at}."] if preview.erased_at else []),
        "Nothing was removed. Add --yes to erase the person from every store; it cannot be undone.",
    ]


def describe_receipt(receipt: ErasureReceipt) -> list[str]:
    """Return a receipt as lines."""
    return [
        f"Erased {receipt.identifiers} identifiers; receipt {receipt.id}.",
        *describe_removed(receipt.removed),
        *(
            f"  {count} {store} wait for their import: run this again."
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
    lines = [f"  {count} {STORE_TEXTS[store]}" for store, count in removed.items() if count]
    return lines or ["  Nothing was found."]
