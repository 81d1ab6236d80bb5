"""Derive an event id from the state of a resource, so that webhook and provider API produce the same event."""

import hashlib

import msgspec

from regulars.channels.contract import Draft
from regulars.domain.events import encode, event_id


def known_by_state(draft: Draft, changed_at: str, *names: str) -> Draft:
    """The draft under an id of what it says and when the resource was changed; `names` tell the resource from others.

    What is hashed stands in the event, the resource's id apart: of who it speaks only which identifiers are known, so
    that no one finds out an address by trying them.
    """
    kinds = sorted(identifier.namespace for identifier in draft.identifiers)
    id_ = event_id(*names, changed_at, *kinds, _said(draft))
    return msgspec.structs.replace(draft, event=msgspec.structs.replace(draft.event, id=id_))


def _said(draft: Draft) -> str:
    bare = msgspec.structs.replace(
        draft.event,
        id="",
        source="",
        occurred_at="",
        received_at="",
        clock_skewed=False,
        backfill=False,
    )
    return hashlib.sha256(encode(bare)).hexdigest()
