"""Build the drafts of an export, with the ids that a webhook of the same account produces."""

import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec

from regulars.channels.contract import Draft
from regulars.channels.exports.contract import File
from regulars.channels.fields.person import PersonBuilder
from regulars.domain.events import Event, OrderFact, event_id
from regulars.domain.times import to_text

_SECONDS_LENGTH = len("2026-11-22T10:00:00")  # of a canonical time without its milliseconds


def build_store_key(channel: str, file: File) -> str:
    """Return the scope of the ids of an account, which is that of its webhooks."""
    return f"{channel}/{file.account}"


def build_order_snapshot(
    file: File, key: str, placed_at: str, *changed_at: str, **facts: Any
) -> OrderFact:
    """Return the snapshot of an order in a file: its state at the latest of the times in the file.

    The state may be newer, but with the time of the upload an old file would undo what a webhook reported since. Of two
    files the one that was uploaded later wins; of a file and a webhook of the same second the webhook wins.
    """
    version = max(placed_at, *changed_at)[:_SECONDS_LENGTH] + f"-{file.uploaded_at}"
    return OrderFact(key=key, version=version, placed_at=placed_at, **facts)


def build_export_draft(
    file: File,
    type_: str,
    channel_and_time: tuple[str, str],
    person: PersonBuilder,
    key: Iterable[str],
    **facts: Any,
) -> Draft:
    """Return the draft of an event whose id is that of its key and its content, whenever the file is imported.

    A blank time of `channel_and_time` is that of the upload.
    """
    channel, at = channel_and_time
    event_facts = facts if file.sells else facts | {"order": None}
    event = Event(
        id="",
        type=type_,
        channel=channel,
        source="",
        occurred_at=at,
        received_at="",
        backfill=True,
        **event_facts,
    )
    return build_identified_draft(
        file, event, event_id("import", *key, _hash_content(event, person)), person
    )


def build_identified_draft(file: File, event: Event, id_: str, person: PersonBuilder) -> Draft:
    """Return the draft of an event with this id, of this file's source and time of import."""
    complete_event = msgspec.structs.replace(
        event,
        id=id_,
        source=file.source,
        occurred_at=event.occurred_at or file.uploaded_at,
        received_at=to_text(file.received_at),
    )
    return Draft(complete_event, person.identifiers, person.contact)


def _hash_content(event: Event, person: PersonBuilder) -> str:
    """Return a hash of an event without the time of the upload. Of the identifiers only the namespaces are hashed."""
    order = event.order and msgspec.structs.replace(event.order, version="")
    namespaces = [identifier.namespace for identifier in person.identifiers]
    content = msgspec.json.encode((msgspec.structs.replace(event, order=order), namespaces))
    return hashlib.sha256(content).hexdigest()
