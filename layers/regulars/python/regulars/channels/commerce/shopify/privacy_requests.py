"""Build the draft of a privacy request."""

from typing import Any

import msgspec

from regulars.channels.contract import Draft
from regulars.channels.fields.json_values import as_list, as_object
from regulars.channels.fields.person import PersonBuilder
from regulars.channels.fields.redaction import clean_text
from regulars.domain.events import Event

MAX_PRIVACY_ORDERS = 250  # of one privacy request


def build_privacy_draft(
    event: Event, topic: str, body: dict[str, Any], person: PersonBuilder
) -> Draft:
    """Return a privacy request with subject keys and order ids only, so that it stores no contact data again."""
    orders = [clean_text(id_) for id_ in as_list(body.get("orders_to_redact"))]
    orders += [clean_text(id_) for id_ in as_list(body.get("orders_requested"))]
    data_request_id = clean_text(as_object(body.get("data_request")).get("id"))
    values = {
        "request": topic,
        "data_request_id": data_request_id,
        "orders": orders[:MAX_PRIVACY_ORDERS],
    }
    properties = {name: value for name, value in values.items() if value}
    bare_event = msgspec.structs.replace(event, consents=(), traits={}, properties=properties)
    return Draft(bare_event, person.identifiers)
