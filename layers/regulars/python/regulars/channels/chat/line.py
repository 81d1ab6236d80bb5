"""LINE Official Accounts: messages and buttons, who followed or blocked you, and accounts that were linked.

Set it up
* In the LINE Developers Console: your provider → your Messaging API channel. Copy the channel secret (Basic settings).
* Run `regulars connect line`; it asks for the channel secret and prints the URL.
* Messaging API → Webhook URL: paste the URL, Update, Verify, and switch "Use webhook" on. Switch "Webhook redelivery" on
  too: without it LINE tells everything once only.
* To rotate: issue a new channel secret and run `regulars sources rotate line`; both count until the old one is taken away.

Events
* message and postback (a button) → Message Received; unsend → Message Deleted,
* follow → Contact Subscribed, which is consent to LINE messages; unfollow (you were blocked) → Contact Unsubscribed,
  which takes it back,
* accountLink that succeeded → Identity Linked, with the nonce your login page made as an anonymous id: have the page
  identify its visitor with the same anonymousId, and the two are one person.
* The Verify button sends nothing at all, which is taken. Anything else is set aside as unknown_topic.

What is stored
* The kind of a message and how long its text is; never the text, a picture, a place or what a button carries. Of a
  message's id, a fingerprint.
* LINE's id of the person, which is the same for all channels of your provider. A message in a group or a room that does
  not say who wrote it is nobody's.
* What LINE repeats has the same webhookEventId, which is signed: it is one event.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from regulars.channels.contract import Channel, Draft, ProviderSecret, Request
from regulars.channels.drafts import conversations as chat
from regulars.channels.drafts.batches import Item, each
from regulars.channels.drafts.conversations import Message, message_draft
from regulars.channels.drafts.sales import required, unknown_topic
from regulars.channels.fields.event_times import from_epoch
from regulars.channels.fields.json_values import ObjectReader, a_list, an_object
from regulars.channels.signatures.shared_secret import check_equal, hmac_base64

CHANNEL_NAME = "line"
TOPICS = {
    "message": chat.RECEIVED,
    "postback": chat.RECEIVED,
    "unsend": chat.DELETED,
    "follow": chat.JOINED,
    "unfollow": chat.LEFT,
    "accountLink": chat.LINKED,
}
_SIGNATURE = "x-line-signature"
_READER = ObjectReader(("destination", "events"))


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (it carries no time)
    """HMAC-SHA256 over the raw bytes by any live channel secret.

    https://developers.line.biz/en/docs/messaging-api/verify-webhook-signature/
    """
    given = request.headers.get(_SIGNATURE, "")
    check_equal(given, [hmac_base64(secret.encode(), request.body) for secret in secrets])


def translate_delivery(request: Request) -> list[Draft]:
    """One event per event of LINE's; none for the Verify button."""
    body = _READER.read(request.body)
    account = body.get("destination")
    return each(
        a_list(body.get("events")),
        lambda item: [message_draft(CHANNEL_NAME, request, _message(item, account))],
    )


def build_sample(blank: Request, secret: str) -> Request:
    """A signed event of a type nobody knows, which is set aside."""
    body = b'{"destination":"","events":[{"type":"test"}]}'
    signature = hmac_base64(secret.encode(), body).decode()
    headers = {"content-type": "application/json", _SIGNATURE: signature}
    return msgspec.structs.replace(blank, body=body, headers=headers)


def _message(item: Item, account: object) -> Message:
    topic = item.get("type")
    type_ = TOPICS.get(topic) if isinstance(topic, str) else None
    link = an_object(item.get("link"))
    if type_ is None or (type_ == chat.LINKED and link.get("result") != "ok"):
        raise unknown_topic()
    return Message(
        type=type_,
        at=from_epoch(item.get("timestamp"), 1000),
        key=(required(item.get("webhookEventId"), "webhookEventId"),),
        account=account,
        customer=an_object(item.get("source")).get("userId"),
        anonymous_id=link.get("nonce"),
        properties=_properties(item),
    )


def _properties(item: Item) -> dict[str, Any]:
    message = an_object(item.get("message"))
    unsent = an_object(item.get("unsend")).get("messageId")
    return {
        "message": chat.reference(message.get("id") or unsent),
        "kind": chat.kind(message.get("type")) or "button" * ("postback" in item),
        "length": chat.length(message.get("text")),
        "place": chat.kind(an_object(item.get("source")).get("type")),
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
