"""Judge which consent is in force for an address, and decide whether a message may be sent to it."""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from regulars.domain.consent import (
    Consents,
    ConsentStatement,
    ConsentStatements,
    ConsentStatus,
    Purpose,
    build_key,
)
from regulars.domain.times import to_text


class AddressConsent(msgspec.Struct, frozen=True, kw_only=True):
    """The consent in force for an address: granted, pending, denied or complained, and the statement that decides."""

    status: ConsentStatus
    statement: ConsentStatement
    claimed: bool = False


class SendDecision(msgspec.Struct, frozen=True):
    """Whether a message may be sent, and why, in a word of the table in `docs/consent.md`."""

    allowed: bool
    reason: str


def find_consent(
    consents: Consents, channel: str, purpose: str, address: str
) -> AddressConsent | None:
    """Return the consent in force for an address, '' for the whole person; a claim only without strong evidence."""
    consent = weigh_statements(consents.statements, channel, purpose, address)
    return consent or find_claim(consents, channel, purpose, address)


def find_claim(
    consents: Consents, channel: str, purpose: str, address: str
) -> AddressConsent | None:
    """Return what browsers claim about an address, in force or not."""
    claim = weigh_statements(consents.claims, channel, purpose, address)
    return claim and msgspec.structs.replace(claim, claimed=True)


def weigh_statements(
    statements: ConsentStatements, channel: str, purpose: str, address: str
) -> AddressConsent | None:
    """Return the consent that statements of equal standing say; None if they say nothing about the address.

    A grant counts only if it is newer than every refusal of the address or of the whole person. A complaint is lifted by
    a newer confirmed grant only. A pending grant waits for a newer confirmed one, unless a refusal ended the process.
    """
    newest = _collect_newest(statements, channel, purpose, address)
    granted_at, confirmed_at, pending_at, denied_at, complained_at = (
        newest[status].at if status in newest else "" for status in ConsentStatus
    )
    decisive = status = ConsentStatus.DENIED
    if complained_at and confirmed_at <= complained_at:
        decisive = status = ConsentStatus.COMPLAINED
    elif pending_at > denied_at and pending_at >= confirmed_at:
        decisive = status = ConsentStatus.PENDING
    elif max(confirmed_at, granted_at) > denied_at:
        status = ConsentStatus.GRANTED
        decisive = ConsentStatus.CONFIRMED if confirmed_at >= granted_at else status
    statement = newest.get(decisive)
    return AddressConsent(status=status, statement=statement) if statement else None


def may_send(
    consents: Consents, channel: str, purpose: str, address: str, now: datetime
) -> SendDecision:
    """Return whether a message of this purpose may be sent to this address of the person.

    `purpose` is marketing or transactional. Marketing needs consent. A transactional message needs that nobody refused it;
    a claim cannot refuse it, since then a stranger could keep a buyer's receipts back.
    """
    if not address:
        return SendDecision(allowed=False, reason="no address")
    if purpose == Purpose.TRANSACTIONAL:
        consent = weigh_statements(consents.statements, channel, purpose, address)
        if consent and consent.status.is_refusal:
            return SendDecision(allowed=False, reason=consent.status)
        return SendDecision(allowed=True, reason=purpose)
    return _decide_marketing(find_consent(consents, channel, purpose, address), to_text(now))


def _decide_marketing(consent: AddressConsent | None, now: str) -> SendDecision:
    if consent is None:
        return SendDecision(allowed=False, reason="no consent")
    if consent.status != ConsentStatus.GRANTED:
        return SendDecision(allowed=False, reason=consent.status)
    if consent.statement.at > now:
        return SendDecision(allowed=False, reason="not yet")
    return SendDecision(
        allowed=True, reason="claimed" if consent.claimed else ConsentStatus.GRANTED
    )


def _collect_newest(
    statements: ConsentStatements, channel: str, purpose: str, address: str
) -> dict[ConsentStatus, ConsentStatement]:
    """Return by status the newest statement that concerns the address."""
    newest: dict[ConsentStatus, ConsentStatement] = {}
    for status, key in _list_keys(channel, purpose, address):
        if statement := statements.get(key):
            newest[status] = max(newest.get(status, statement), statement)
    return newest


def _list_keys(channel: str, purpose: str, address: str) -> Iterator[tuple[ConsentStatus, str]]:
    """Yield each status with the keys of its statements: refusals of the whole person concern each address."""
    for status in ConsentStatus:
        yield status, build_key(channel, purpose, address, status)
        if status.is_refusal:
            yield status, build_key(channel, Purpose.ALL, address, status)
            yield status, build_key(channel, purpose, "", status)
            yield status, build_key(channel, Purpose.ALL, "", status)
    # Who opted in again after a complaint wants the other messages, too.
    confirmed = ConsentStatus.CONFIRMED
    yield confirmed, build_key(channel, Purpose.MARKETING, address, confirmed)
