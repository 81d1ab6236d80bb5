"""Receive messages, follows, blocks and account links of a LINE Official Account.

**Set up**

1. In the LINE Developers Console, open your provider and your Messaging API channel. Copy the channel secret from
   Basic settings.
2. Run `regulars connect line`. It prints the URL and then asks for the channel secret.
3. In the console, go to Messaging API → Webhook URL. Paste the URL, click Update, then Verify.
4. Enable "Use webhook".
5. Enable "Webhook redelivery". Without it, LINE sends each delivery only once.

**Rotate the secret**: Issue a new channel secret and run `regulars sources rotate line`. The previous secret stays
valid until the next rotation.

**Events**

* `message`, `postback` (a button) → Message Received
* `unsend` → Message Deleted
* `follow` → Contact Subscribed. It grants the consent to LINE messages.
* `unfollow` (the person blocked you) → Contact Unsubscribed. It withdraws that consent.
* `accountLink` with a successful result → Identity Linked. The nonce that your login page created becomes an
  anonymous ID. Identify the visitor of that page with the same `anonymousId` to merge both into one person.
* Any other event → a reject with the reason `unknown_topic`

**Stored**

* The type and length of a message, and a hash of the message ID.
* The LINE user ID of the person. It is the same for all channels of your provider.

**Not stored**: text, pictures, locations and the data of a button.

**Notes**

* Test delivery: the Verify button sends a delivery without events. It is accepted and produces no event.
* Groups: a message from a group or a room without a user ID is not assigned to a person.
* Duplicates: a redelivery has the same signed `webhookEventId` and is stored as one event.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from regulars.channels.contract import Channel, Draft, ProviderSecret, Request, UnknownTopicError
from regulars.channels.drafts import conversations
from regulars.channels.drafts.batches import DeliveryItem, translate_items
from regulars.channels.drafts.conversations import ConversationEvent, build_conversation_draft
from regulars.channels.fields.event_times import from_epoch
from regulars.channels.fields.json_values import ObjectReader, as_list, as_object
from regulars.channels.fields.texts import require_id
from regulars.channels.signatures.shared_secret import check_equal, hmac_base64

CHANNEL_NAME = "line"
TOPICS = {
    "message": conversations.MESSAGE_RECEIVED,
    "postback": conversations.MESSAGE_RECEIVED,
    "unsend": conversations.MESSAGE_DELETED,
    "follow": conversations.CONTACT_SUBSCRIBED,
    "unfollow": conversations.CONTACT_UNSUBSCRIBED,
    "accountLink": conversations.IDENTITY_LINKED,
}
_SIGNATURE_HEADER = "x-line-signature"
_READER = ObjectReader(("destination", "events"))


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (a delivery has no signing time)
    """Compare the HMAC-SHA256 of the raw body under each live channel secret.

    https://developers.line.biz/en/docs/messaging-api/verify-webhook-signature/
    """
    signature = request.headers.get(_SIGNATURE_HEADER, "")
    check_equal(signature, [hmac_base64(secret.encode(), request.body) for secret in secrets])


def translate_delivery(request: Request) -> list[Draft]:
    """Return one event per LINE event; none for the Verify button."""
    body = _READER.read(request.body)
    account = body.get("destination")
    return translate_items(
        as_list(body.get("events")),
        lambda item: [build_conversation_draft(CHANNEL_NAME, request, _build_event(item, account))],
    )


def build_sample(blank: Request, secret: str) -> Request:
    """Return a signed delivery with an unknown type, which becomes a reject."""
    body = b'{"destination":"","events":[{"type":"test"}]}'
    signature = hmac_base64(secret.encode(), body).decode()
    headers = {"content-type": "application/json", _SIGNATURE_HEADER: signature}
    return msgspec.structs.replace(blank, body=body, headers=headers)


def _build_event(item: DeliveryItem, account: object) -> ConversationEvent:
    topic = item.get("type")
    type_ = TOPICS.get(topic) if isinstance(topic, str) else None
    link = as_object(item.get("link"))
    if type_ is None or (type_ == conversations.IDENTITY_LINKED and link.get("result") != "ok"):
        raise UnknownTopicError
    return ConversationEvent(
        type=type_,
        at=from_epoch(item.get("timestamp"), 1000),
        key=(require_id(item.get("webhookEventId"), "webhookEventId"),),
        account=account,
        customer=as_object(item.get("source")).get("userId"),
        anonymous_id=link.get("nonce"),
        properties=_build_properties(item),
    )


def _build_properties(item: DeliveryItem) -> dict[str, Any]:
    message = as_object(item.get("message"))
    deleted_id = as_object(item.get("unsend")).get("messageId")
    return {
        "message": conversations.hash_reference(message.get("id") or deleted_id),
        "kind": conversations.clean_word(message.get("type")) or "button" * ("postback" in item),
        "length": conversations.count_characters(message.get("text")),
        "place": conversations.clean_word(as_object(item.get("source")).get("type")),
    }


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="LINE",
    page=__doc__,
    secret=ProviderSecret(question="The channel secret (LINE Developers Console → Basic settings)"),
    verify=verify_delivery,
    translate=translate_delivery,
    build_sample=build_sample,
)
