"""Render a person's consent as the API returns it: by channel, and by the keyed address, never the address itself."""

from collections.abc import Iterator
from typing import Any

from regulars.domain.consent import Consents, ConsentStatus, Purpose, list_addresses
from regulars.domain.consent_decisions import AddressConsent, find_claim, find_consent

_STATUS_RANKS = {"granted": 0, "pending": 1, "denied": 2, "complained": 3}


def consent_view(consents: Consents) -> dict[str, Any]:
    """Return by channel the strictest status of the person's addresses, and the status of each address and purpose."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for channel, purpose, address in _list_questions(consents):
        if row := _address_view(consents, channel, purpose, address):
            rows.setdefault(channel, []).append(row)
    return {
        channel: _summarize_rows(channel_rows) | {"addresses": channel_rows}
        for channel, channel_rows in rows.items()
    }


def _list_questions(consents: Consents) -> list[tuple[str, str, str]]:
    """Return channel, purpose and address of everything to judge; marketing is always judged."""
    stated = list_addresses(consents)
    marketing = {(channel, Purpose.MARKETING.value, address) for channel, _, address in stated}
    return sorted(marketing.union(part for part in stated if part[1] != Purpose.ALL))


def _address_view(
    consents: Consents, channel: str, purpose: str, address: str
) -> dict[str, Any] | None:
    consent = find_consent(consents, channel, purpose, address)
    if consent is None:
        return None
    claim = None if consent.claimed else find_claim(consents, channel, purpose, address)
    row = {"address": address or None, "purpose": purpose}
    return row | dict(_list_fields(consent)) | {"claim": dict(_list_fields(claim)) or None}


def _list_fields(consent: AddressConsent | None) -> Iterator[tuple[str, str]]:
    if consent:
        yield "status", consent.status.value
        for name in ("at", "basis", "source", "wording", "trust"):
            yield name, getattr(consent.statement, name)


def _summarize_rows(rows: list[dict[str, Any]]) -> dict[str, str]:
    """Return the strictest and newest of these; a complaint is a denial."""
    rows = [row for row in rows if row["purpose"] == Purpose.MARKETING.value] or rows
    row = max(rows, key=lambda row: (_STATUS_RANKS[row["status"]], row["at"], row["basis"]))
    is_complaint = row["status"] == ConsentStatus.COMPLAINED
    status = ConsentStatus.DENIED.value if is_complaint else row["status"]
    return {"status": status, "at": row["at"], "basis": row["basis"]}
