"""Find the address that each consent change of a draft is about."""

import msgspec

from regulars.channels.contract import Draft
from regulars.domain.consent import ADDRESS_LETTERS
from regulars.domain.events import ConsentChange
from regulars.domain.identifiers import NAMESPACES, Identifier, subject_key

_NAMESPACES_BY_LETTER = {letter: namespace for namespace, letter in NAMESPACES.items()}


def name_addresses(draft: Draft, pepper: bytes) -> tuple[ConsentChange, ...]:
    """Return the consent changes of a draft, each with the subject key of its address.

    A change that names no address is about the address in the draft's contact data, else about the first identifier that
    is an address of the channel. Without one it stays as it is.
    """
    return tuple(
        msgspec.structs.replace(change, address=subject_key(identifier, pepper))
        if not change.address and (identifier := _find_identifier(change.channel, draft))
        else change
        for change in draft.event.consents
    )


def _find_identifier(channel: str, draft: Draft) -> Identifier | None:
    for letter in ADDRESS_LETTERS.get(channel, ""):
        namespace = _NAMESPACES_BY_LETTER[letter]
        addresses = [one for one in draft.identifiers if one.namespace == namespace]
        if addresses:
            contact = draft.contact.get(namespace)
            return next((one for one in addresses if one.value == contact), addresses[0])
    return None
