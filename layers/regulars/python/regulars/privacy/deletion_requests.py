"""Start the erasures that providers ask for: Shopify's customers/redact, HubSpot's privacy deletion."""

from collections.abc import Iterable

from regulars.domain.events import Event
from regulars.domain.identity_facts import is_device
from regulars.domain.privacy_requests import RequestKind, read_request_kind
from regulars.domain.stream_changes import EventChange
from regulars.domain.trust import Trust, trust_of
from regulars.store.erasure_queue import ErasureQueue


def request_erasures(changes: Iterable[EventChange], queue: ErasureQueue) -> int:
    """Request an erasure for each verified demand to delete a person, and return their number.

    A deletion in a provider's user interface (`Customer Deleted`) is none: it tidies a list up.
    """
    demands = [change.event for change in changes if is_deletion_demand(change.event)]
    for event in demands:
        queue.request_erasure(key for key in event.subjects if not is_device(key))
    return len(demands)


def is_deletion_demand(event: Event) -> bool:
    """Return whether an event demands that the persons it names are erased, and nobody but the provider can say so."""
    return (
        read_request_kind(event) == RequestKind.ERASURE
        and trust_of(event) <= Trust.VERIFIED
        and not all(map(is_device, event.subjects))
    )
