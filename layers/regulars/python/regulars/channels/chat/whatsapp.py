"""Receive messages, delivery states, carts and marketing preferences from the WhatsApp Cloud API.

**Set up**

1. Copy the app secret: Meta for Developers → your app → App settings → Basic.
2. Run `regulars connect whatsapp`. It asks for a verify token of your choice, prints the URL and then asks for the
   app secret.
3. In the same app, go to WhatsApp → Configuration → Webhook → Edit. Paste the URL and the verify token. Meta verifies
   them immediately.
4. Under Webhook fields, subscribe to `messages` and `user_preferences`.

**Rotate the secret**: Reset the app secret at Meta and run `regulars sources rotate whatsapp`. The previous secret
stays valid until the next rotation.

**Events**

* Message → Message Received
* Message with a cart → also Order Created, with its products. It reports a placed order, not a payment.
* Status `sent`, `delivered`, `read`, `failed` → Message Sent, Message Delivered, Message Read, Message Failed
* `user_preferences` → Marketing Consent Changed. `stop` withdraws the consent to WhatsApp messages, `resume` grants
  it again.
* Any other event → a reject with the reason `unknown_topic`

**Stored**

* The type (text, image, …) and length of a message, and a hash of the message ID. The ID itself contains the phone
  number of the sender and is not stored.
* The phone number and the profile name as contact data.
* Meta's ID of the person as an identifier, because a person with a username can arrive without a phone number.

**Not stored**: text, pictures, locations and contact cards.

**Notes**

* Retries: Meta retries a failed delivery for days. Its signature covers no time.
* Duplicates: the message and the status identify an event.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from regulars.channels.chat import meta
from regulars.channels.contract import Channel, Draft, Reply, Request, UnknownTopicError
from regulars.channels.drafts import conversations
from regulars.channels.drafts.batches import DeliveryItem, translate_items
from regulars.channels.drafts.conversations import ConversationEvent, build_conversation_draft
from regulars.channels.fields.event_times import from_epoch
from regulars.channels.fields.items import build_item
from regulars.channels.fields.json_values import as_object, list_objects
from regulars.channels.fields.money import parse_amount, parse_currency
from regulars.domain.events import Item

CHANNEL_NAME = "whatsapp"
STATUS_TYPES = {
    "sent": conversations.MESSAGE_SENT,
    "delivered": conversations.MESSAGE_DELIVERED,
    "read": conversations.MESSAGE_READ,
    "failed": conversations.MESSAGE_FAILED,
}
PREFERENCE_STATUSES = {"stop": "denied", "resume": "granted"}
MAX_CART_ITEMS = 100
_LIST_FIELDS = ("messages", "statuses", "user_preferences")


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (a delivery has no signing time)
    """Verify the signature of Meta under each live app secret."""
    meta.verify_meta_signature(request, secrets)


def answer_handshake(request: Request, secrets: Sequence[str], now: datetime) -> Reply | None:  # noqa: ARG001 (the verify token proves it)
    """Answer the challenge of Meta."""
    return meta.answer_challenge(request)


def translate_delivery(request: Request) -> list[Draft]:
    """Return one event per message, status and preference."""
    entries = meta.list_entries(request, "whatsapp_business_account")
    items = [
        item for entry in entries for part in meta.split_entry(entry) for item in _split_part(part)
    ]
    return translate_items(items, lambda item: _build_drafts(request, item))


def build_sample(blank: Request, secret: str) -> Request:
    """Return a signed delivery with an unknown object, which becomes a reject."""
    return meta.build_meta_sample(blank, secret)


def _split_part(part: DeliveryItem) -> Iterator[DeliveryItem]:
    value = as_object(part.get("value"))
    objects = [(name, fields) for name in _LIST_FIELDS for fields in list_objects(value.get(name))]
    for name, fields in objects or [("", {})]:
        yield {"list": name, "fields": fields, "value": value}


def _build_drafts(request: Request, item: DeliveryItem) -> list[Draft]:
    match item["list"]:
        case "messages":
            events = _build_message_events(item["fields"], item["value"])
        case "statuses":
            events = [_build_status_event(item["fields"], item["value"])]
        case "user_preferences":
            events = [_build_preference_event(item["fields"], item["value"])]
        case _:
            raise UnknownTopicError
    return [build_conversation_draft(CHANNEL_NAME, request, event) for event in events]


def _build_message_events(fields: DeliveryItem, value: DeliveryItem) -> list[ConversationEvent]:
    kind = conversations.clean_word(fields.get("type"))
    person_fields = _person_fields(fields.get("from"), fields.get("from_user_id"), value)
    at, key = from_epoch(fields.get("timestamp")), (fields.get("id"),)
    properties = {
        "message": conversations.hash_reference(fields.get("id")),
        "kind": kind,
        "length": conversations.count_characters(as_object(fields.get("text")).get("body")),
        "reply": "context" in fields,
    }
    message_event = ConversationEvent(
        type=conversations.MESSAGE_RECEIVED, at=at, key=key, properties=properties, **person_fields
    )
    cart = list_objects(as_object(fields.get("order")).get("product_items"))[:MAX_CART_ITEMS]
    if not cart:
        return [message_event]
    currency = parse_currency(*(line.get("currency") for line in cart))
    items = tuple(item for line in cart if (item := _build_product(line, currency)))
    order_event = ConversationEvent(
        type="Order Created", at=at, key=key, items=items, currency=currency, **person_fields
    )
    return [message_event, order_event]


def _build_product(line: DeliveryItem, currency: str) -> Item | None:
    price = parse_amount(line.get("item_price"), currency)
    return build_item(line.get("product_retailer_id"), line.get("quantity"), price)


def _build_status_event(fields: DeliveryItem, value: DeliveryItem) -> ConversationEvent:
    status = str(fields.get("status"))
    if status not in STATUS_TYPES:
        raise UnknownTopicError
    errors = list_objects(fields.get("errors"))
    return ConversationEvent(
        type=STATUS_TYPES[status],
        at=from_epoch(fields.get("timestamp")),
        key=(fields.get("id"),),
        properties={
            "message": conversations.hash_reference(fields.get("id")),
            "category": conversations.clean_word(as_object(fields.get("pricing")).get("category")),
            "error_code": conversations.clean_word(str(errors[0].get("code"))) if errors else "",
        },
        **_person_fields(fields.get("recipient_id"), fields.get("recipient_user_id"), value),
    )


def _build_preference_event(fields: DeliveryItem, value: DeliveryItem) -> ConversationEvent:
    status = PREFERENCE_STATUSES.get(str(fields.get("value")))
    if status is None:
        raise UnknownTopicError
    return ConversationEvent(
        type="Marketing Consent Changed",
        at=from_epoch(fields.get("timestamp")),
        key=(fields.get("wa_id") or fields.get("user_id"), fields.get("timestamp"), status),
        consents={CHANNEL_NAME: status},
        basis="user_preferences",
        **_person_fields(fields.get("wa_id"), fields.get("user_id"), value),
    )


def _person_fields(number: object, user: object, value: DeliveryItem) -> dict[str, Any]:
    """Return the person by phone number and by the ID of Meta, which is in the list of contacts."""
    contacts = list_objects(value.get("contacts"))
    listed_contact = next(
        (
            contact
            for contact in contacts
            if (number and contact.get("wa_id") == number)
            or (user and contact.get("user_id") == user)
        ),
        {},
    )
    digits = number or listed_contact.get("wa_id")
    contact = {"name": as_object(listed_contact.get("profile")).get("name")}
    if isinstance(digits, str):
        contact["phone"] = "+" + digits.removeprefix("+")
    return {
        "account": as_object(value.get("metadata")).get("phone_number_id"),
        "customer": user or listed_contact.get("user_id"),
        "contact": contact,
    }


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="WhatsApp",
    page=__doc__,
    secret=meta.SIGNING_SECRET,
    verify=verify_delivery,
    translate=translate_delivery,
    answer_handshake=answer_handshake,
    build_sample=build_sample,
    credential_fields=meta.CREDENTIAL_FIELDS,
)
