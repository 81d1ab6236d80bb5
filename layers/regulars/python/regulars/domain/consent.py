"""Keep what people allowed for each address: of each status the newest statement, browser claims apart.

Every statement belongs to a channel, a purpose and an address, which is the subject key of an e-mail address, a phone
number or a messenger account. `domain/consent_decisions.py` judges them when they are read.
"""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from regulars.domain.events import ConsentChange, Event
from regulars.domain.times import FUTURE_TOLERANCE, from_text, to_text
from regulars.domain.trust import trust_of

# Channel → the letters of the subjects that are its addresses, the usual one first.
ADDRESS_LETTERS = {
    "email": "e",
    "sms": "p",
    "phone": "p",
    "whatsapp": "pc",  # Meta reports a person without a phone number by an id
    "line": "c",
    "wechat": "c",
    "telegram": "c",
}
# The bases of a grant that came from the holder of the address: a confirmed e-mail, or an act in the messenger itself.
CONFIRMING_BASES = frozenset({
    *("confirmed_opt_in", "double_opt_in", "Contact Subscribed"),
    *("user_preferences", "start", "group_resubscribe"),
})  # fmt: skip
_COMPLAINT_TYPE = "Email Marked as Spam"
MAX_ADDRESSES = 50  # of one person, for statements and for claims
MAX_TEXT_CHARACTERS = 64


class Purpose(StrEnum):
    """What a message is for; `ALL` is that of a refusal that concerns every message, as a complaint does."""

    MARKETING = "marketing"
    TRANSACTIONAL = "transactional"
    ALL = "all"


class ConsentStatus(StrEnum):
    """What a statement says; `CONFIRMED` is a grant that certainly came from the holder of the address."""

    GRANTED = "granted"
    CONFIRMED = "confirmed"
    PENDING = "pending"
    DENIED = "denied"
    COMPLAINED = "complained"

    @property
    def is_refusal(self) -> bool:
        """Whether the statement withdraws consent."""
        return self in {ConsentStatus.DENIED, ConsentStatus.COMPLAINED}


type ConsentStatements = dict[str, ConsentStatement]  # by channel/purpose/address/status


class ConsentStatement(msgspec.Struct, frozen=True, array_like=True, order=True):
    """The newest statement of a status: its time, legal basis, source, version of the wording, and trust."""

    at: str
    basis: str = ""
    source: str = ""
    wording: str = ""
    trust: str = ""


class Consents(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The statements about a person's addresses, and the claims: statements that anybody could have sent."""

    statements: ConsentStatements = {}
    claims: ConsentStatements = {}


NO_CONSENTS = Consents()


def combine_consents(parts: Iterable[Consents]) -> Consents:
    """Return the statements of all parts: in any order, divided in any way and repeated, the result is the same."""
    parts = tuple(parts)
    combined = Consents(
        statements=_combine_statements(part.statements for part in parts),
        claims=_combine_statements(part.claims for part in parts),
    )
    # The default itself, so that a state without consents has the same bytes as one that never had any.
    return NO_CONSENTS if combined == NO_CONSENTS else combined


def read_consents(event: Event) -> Consents:
    """Return what one event states. A grant that names no address grants nothing and is left out."""
    trust = trust_of(event)
    statements: ConsentStatements = {}
    for change in event.consents:
        if key := _find_key(event, change):
            statement = ConsentStatement(
                at=_limit_time(change.at, event.received_at),
                basis=change.basis[:MAX_TEXT_CHARACTERS],
                source=event.source,
                wording=change.wording[:MAX_TEXT_CHARACTERS],
                trust=trust.name.lower(),
            )
            statements[key] = max(statements.get(key, statement), statement)
    return Consents(statements=statements) if trust.is_strong else Consents(claims=statements)


def choose_address(channel: str, subjects: Iterable[str]) -> str:
    """Return the only one of these subjects that is an address of the channel; '' if there are none or several."""
    subjects = tuple(subjects)
    for letter in ADDRESS_LETTERS.get(channel, ""):
        addresses = {subject for subject in subjects if subject[:1] == letter}
        if addresses:
            return addresses.pop() if len(addresses) == 1 else ""
    return ""


def list_addresses(consents: Consents) -> tuple[tuple[str, str, str], ...]:
    """Return channel, purpose and address of everything stated, sorted; the address is '' for the whole person."""
    keys = (*consents.statements, *consents.claims)
    parts = (key.split("/") for key in keys)
    return tuple(sorted({(channel, purpose, address) for channel, purpose, address, _ in parts}))


def split_consents(consents: Consents, subjects: Iterable[str]) -> dict[str, Consents]:
    """Return what is stated by the subject that it is stored under: the address, or each of `subjects` without one."""
    named = tuple(subjects)
    addresses = set(map(_address_of, (*consents.statements, *consents.claims)))
    owners = {address: (address,) if address else named for address in addresses}
    parts: dict[str, Consents] = {}
    for address in sorted(addresses):
        selected = _select_address(consents, address)
        for owner in owners[address]:
            parts[owner] = combine_consents((parts.get(owner, NO_CONSENTS), selected))
    return parts


def build_key(channel: str, purpose: str, address: str, status: str) -> str:
    """Return the key of a statement."""
    return f"{channel}/{purpose}/{address}/{status}"


def _select_address(consents: Consents, address: str) -> Consents:
    def select(statements: ConsentStatements) -> ConsentStatements:
        return {key: value for key, value in statements.items() if _address_of(key) == address}

    return Consents(statements=select(consents.statements), claims=select(consents.claims))


def _combine_statements(parts: Iterable[ConsentStatements]) -> ConsentStatements:
    """Return the newest statement under each key, for the first addresses by their own order.

    An address that another part leaves out is behind so many others that it is left out here, too.
    """
    combined: ConsentStatements = {}
    for part in parts:
        for key, statement in part.items():
            combined[key] = max(combined.get(key, statement), statement)
    addresses = sorted(set(map(_address_of, combined)))
    kept = frozenset(addresses[:MAX_ADDRESSES])
    if len(kept) < len(addresses):
        combined = {key: value for key, value in combined.items() if _address_of(key) in kept}
    return combined


def _address_of(key: str) -> str:
    return key.split("/")[2]


def _find_key(event: Event, change: ConsentChange) -> str:
    """Return the key of a change; '' when it says nothing: in unknown words, or a grant of no address."""
    status, purpose = _read_status(event, change), _read_purpose(change)
    # Events of earlier versions name no address beside the change.
    address = change.address or choose_address(change.channel, event.subjects)
    if status is None or purpose is None or change.channel not in ADDRESS_LETTERS:
        return ""
    if not status.is_refusal and (not address or purpose is Purpose.ALL):
        return ""
    purpose = Purpose.ALL if status is ConsentStatus.COMPLAINED else purpose
    return build_key(change.channel, purpose, address, status)


def _read_status(event: Event, change: ConsentChange) -> ConsentStatus | None:
    """Return the status as it is kept; None for a word that is none."""
    match change.status:
        case ConsentStatus.DENIED if event.type == _COMPLAINT_TYPE:
            return ConsentStatus.COMPLAINED
        case ConsentStatus.GRANTED if change.basis in CONFIRMING_BASES:
            return ConsentStatus.CONFIRMED
    return ConsentStatus(change.status) if change.status in ConsentStatus else None


def _read_purpose(change: ConsentChange) -> Purpose | None:
    return Purpose(change.purpose) if change.purpose in Purpose else None


def _limit_time(at: str, received_at: str) -> str:
    """Return the time of a statement, which is that of its receipt when it has none or one in the future."""
    return received_at if not at or at > to_text(from_text(received_at) + FUTURE_TOLERANCE) else at
