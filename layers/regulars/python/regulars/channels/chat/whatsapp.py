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
from regulars.channels.drafts import conversations as chat
from regulars.channels.drafts.batches import DeliveryItem, translate_items
from regulars.channels.drafts.conversations import ConversationEvent, build_conversation_draft
from regulars.channels.fields.event_times import from_epoch
from regulars.channels.fields.items import build_item
from regulars.channels.fields.json_values import as_object, list_objects
from regulars.channels.fields.money import parse_amount, parse_currency
from regulars.domain.events import Item as Product

CHANNEL_NAME = "whatsapp"
STATUSES = {
    "sent": chat.MESSAGE_SENT,
    "delivered": chat.MESSAGE_DELIVERED,
    "read": chat.MESSAGE_READ,
    "failed": chat.MESSAGE_FAILED,
}
PREFERENCES = {"stop": "denied", "resume": "granted"}
MOST_ITEMS = 100
_LISTS = ("messages", "statuses", "user_preferences")


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (it carries no time)
    """Meta's signature by any live app secret."""
    meta.verify_meta(request, secrets)


def answer_handshake(request: Request, secrets: Sequence[str], now: datetime) -> Reply | None:  # noqa: ARG001 (the word proves it)
    """Meta's challenge."""
    return meta.answer_meta(request)


def translate_delivery(request: Request) -> list[Draft]:
    """One event per message, status and preference, whatever their number."""
    told = meta.entries(request, "whatsapp_business_account")
    items = [item for entry in told for part in meta.parts(entry) for item in _items(part)]
    return translate_items(items, lambda item: _drafts(request, item))


def build_sample(blank: Request, secret: str) -> Request:
    """A signed delivery of an object nobody knows, which is set aside."""
    return meta.meta_sample(blank, secret)


def _items(part: DeliveryItem) -> Iterator[DeliveryItem]:
    value = as_object(part.get("value"))
    found = [(name, told) for name in _LISTS for told in list_objects(value.get(name))]
    for name, told in found or [("", {})]:
        yield {"list": name, "told": told, "value": value}


def _drafts(request: Request, item: DeliveryItem) -> list[Draft]:
    match item["list"]:
        case "messages":
            messages = _messages(item["told"], item["value"])
        case "statuses":
            messages = [_status(item["told"], item["value"])]
        case "user_preferences":
            messages = [_preference(item["told"], item["value"])]
        case _:
            raise UnknownTopicError
    return [build_conversation_draft(CHANNEL_NAME, request, message) for message in messages]


def _messages(told: DeliveryItem, value: DeliveryItem) -> list[ConversationEvent]:
    kind = chat.clean_word(told.get("type"))
    who = _who(told.get("from"), told.get("from_user_id"), value)
    at, key = from_epoch(told.get("timestamp")), (told.get("id"),)
    properties = {
        "message": chat.hash_reference(told.get("id")),
        "kind": kind,
        "length": chat.count_characters(as_object(told.get("text")).get("body")),
        "reply": "context" in told,
    }
    message = ConversationEvent(
        type=chat.MESSAGE_RECEIVED, at=at, key=key, properties=properties, **who
    )
    cart = list_objects(as_object(told.get("order")).get("product_items"))[:MOST_ITEMS]
    if not cart:
        return [message]
    currency = parse_currency(*(line.get("currency") for line in cart))
    items = tuple(item for line in cart if (item := _item(line, currency)))
    ordered = ConversationEvent(
        type="Order Created", at=at, key=key, items=items, currency=currency, **who
    )
    return [message, ordered]


def _item(line: DeliveryItem, currency: str) -> Product | None:
    price = parse_amount(line.get("item_price"), currency)
    return build_item(line.get("product_retailer_id"), line.get("quantity"), price)


def _status(told: DeliveryItem, value: DeliveryItem) -> ConversationEvent:
    status = str(told.get("status"))
    if status not in STATUSES:
        raise UnknownTopicError
    errors = list_objects(told.get("errors"))
    return ConversationEvent(
        type=STATUSES[status],
        at=from_epoch(told.get("timestamp")),
        key=(told.get("id"),),
        properties={
            "message": chat.hash_reference(told.get("id")),
            "category": chat.clean_word(as_object(told.get("pricing")).get("category")),
            "error_code": chat.clean_word(str(errors[0].get("code"))) if errors else "",
        },
        **_who(told.get("recipient_id"), told.get("recipient_user_id"), value),
    )


def _preference(told: DeliveryItem, value: DeliveryItem) -> ConversationEvent:
    status = PREFERENCES.get(str(told.get("value")))
    if status is None:
        raise UnknownTopicError
    return ConversationEvent(
        type="Marketing Consent Changed",
        at=from_epoch(told.get("timestamp")),
        key=(told.get("wa_id") or told.get("user_id"), told.get("timestamp"), status),
        consents={CHANNEL_NAME: status},
        basis="user_preferences",
        **_who(told.get("wa_id"), told.get("user_id"), value),
    )


def _who(number: object, user: object, value: DeliveryItem) -> dict[str, Any]:
    """The person by number and by Meta's id, which is beside the number in the list of contacts."""
    contacts = list_objects(value.get("contacts"))
    known = next(
        (
            contact
            for contact in contacts
            if (number and contact.get("wa_id") == number)
            or (user and contact.get("user_id") == user)
        ),
        {},
    )
    digits = number or known.get("wa_id")
    contact = {"name": as_object(known.get("profile")).get("name")}
    if isinstance(digits, str):
        contact["phone"] = "+" + digits.removeprefix("+")
    return {
        "account": as_object(value.get("metadata")).get("phone_number_id"),
        "customer": user or known.get("user_id"),
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
