"""Build the drafts of an export, with the ids that a webhook of the same account produces."""

import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec

from regulars.channels.contract import Draft
from regulars.channels.exports.contract import File
from regulars.channels.fields.person import Person
from regulars.domain.events import Event, OrderFact, event_id
from regulars.domain.times import to_text

_SECONDS = len("2026-11-22T10:00:00")


def store_of(channel: str, file: File) -> str:
    """What scopes the ids of an account; as its webhooks have it."""
    return f"{channel}/{file.account}"


def snapshot(file: File, key: str, placed_at: str, *changed_at: str, **told: Any) -> OrderFact:
    """An order as a file shows it: as it stood at the last of the times that the file tells of it.

    It may be newer than that, but to take the upload for its time would let an old file undo what a webhook told
    since. Of two files the one uploaded later wins, of a file and a webhook of the same second the webhook.
    """
    version = max(placed_at, *changed_at)[:_SECONDS] + f"-{file.uploaded_at}"
    return OrderFact(key=key, version=version, placed_at=placed_at, **told)


def draft_of(
    file: File,
    type_: str,
    told_on: tuple[str, str],
    person: Person,
    key: Iterable[str],
    **told: Any,
) -> Draft:
    """An event that is known again by its key and by what it says, whenever and under whatever name it is imported.

    `told_on` is the channel and the time; without a time it is that of the upload.
    """
    channel, at = told_on
    facts = told if file.sells else told | {"order": None}
    event = Event("", type_, channel, "", at, "", backfill=True, **facts)
    return named(file, event, event_id("import", *key, _content(event, person)), person)


def named(file: File, event: Event, id_: str, person: Person) -> Draft:
    """The event under this id, come with this file."""
    whole = msgspec.structs.replace(
        event,
        id=id_,
        source=file.source,
        occurred_at=event.occurred_at or file.uploaded_at,
        received_at=to_text(file.received_at),
    )
    return Draft(whole, person.identifiers, person.contact)


def _content(event: Event, person: Person) -> str:
    """A hash of what is told but for the upload's own time. Of who: which identifiers there are, not what they are."""
    order = event.order and msgspec.structs.replace(event.order, version="")
    known = [identifier.namespace for identifier in person.identifiers]
    said = msgspec.json.encode((msgspec.structs.replace(event, order=order), known))
    return hashlib.sha256(said).hexdigest()
