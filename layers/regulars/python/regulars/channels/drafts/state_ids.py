"""Derive an event id from the state of a resource, so that webhook and provider API produce the same event."""

import hashlib

import msgspec

from regulars.channels.contract import Draft
from regulars.domain.events import encode_event, event_id


def set_state_id(draft: Draft, changed_at: str, *names: str) -> Draft:
    """Return the draft with an id of its content and of when the resource was changed; `names` identify the resource.

    Everything that is hashed is in the event, except the names. Of the identifiers only the namespaces are hashed, so
    that nobody can find an address by trying all of them.
    """
    namespaces = sorted(identifier.namespace for identifier in draft.identifiers)
    id_ = event_id(*names, changed_at, *namespaces, _hash_state(draft))
    return msgspec.structs.replace(draft, event=msgspec.structs.replace(draft.event, id=id_))


def _hash_state(draft: Draft) -> str:
    state = msgspec.structs.replace(
        draft.event,
        id="",
        source="",
        occurred_at="",
        received_at="",
        clock_skewed=False,
        backfill=False,
    )
    return hashlib.sha256(encode_event(state)).hexdigest()
