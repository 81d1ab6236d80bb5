"""Receive messages and comments of an Instagram professional account.

**Set up**

1. Copy the app secret: Meta for Developers → your app → App settings → Basic. With Instagram login, copy the
   Instagram app secret.
2. Run `regulars connect instagram`. It asks for a verify token of your choice, prints the URL and then asks for the
   app secret.
3. In the same app, go to Instagram → API setup → Configure webhooks. Paste the URL and the verify token. Meta
   verifies them immediately.
4. Subscribe to `messages`, `messaging_postbacks`, `messaging_seen` and `comments`, and enable the subscription for
   your account.
5. Set the app to live. Meta sends no webhooks for an app that is not live.

**Rotate the secret**: Reset the app secret at Meta and run `regulars sources rotate instagram`. The previous secret
stays valid until the next rotation.

**Events**

* Message or postback (a button) → Message Received
* Echo (a message that you sent) → Message Sent
* Read → Message Read
* Message deleted by its author → Message Deleted
* `comments`, `live_comments` → Comment Received
* Any other event → a reject with the reason `unknown_topic`

**Stored**

* The type and length of a message; the length of a comment and the ID of its post.
* The account-scoped ID of the person.

**Not stored**: text, pictures, names and usernames.

**Notes**

* Retries: Meta retries a failed delivery for hours.
* Duplicates: the message, the person and the time identify an event.
"""

from collections.abc import Sequence
from datetime import datetime

from regulars.channels.chat import meta
from regulars.channels.contract import Channel, Draft, Reply, Request, UnknownTopicError
from regulars.channels.drafts import conversations
from regulars.channels.drafts.batches import DeliveryItem, translate_items
from regulars.channels.drafts.conversations import ConversationEvent, build_conversation_draft
from regulars.channels.fields.event_times import from_epoch
from regulars.channels.fields.json_values import as_object
from regulars.channels.fields.redaction import clean_text

CHANNEL_NAME = "instagram"
COMMENT_FIELDS = ("comments", "live_comments")


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (a delivery has no signing time)
    """Verify the signature of Meta under each live app secret."""
    meta.verify_meta_signature(request, secrets)


def answer_handshake(request: Request, secrets: Sequence[str], now: datetime) -> Reply | None:  # noqa: ARG001 (the verify token proves it)
    """Answer the challenge of Meta."""
    return meta.answer_challenge(request)


def translate_delivery(request: Request) -> list[Draft]:
    """Return one event per message and per comment."""
    items = [
        part
        for entry in meta.list_entries(request, "instagram")
        for part in meta.split_entry(entry)
    ]
    return translate_items(
        items, lambda item: [build_conversation_draft(CHANNEL_NAME, request, _build_event(item))]
    )


def build_sample(blank: Request, secret: str) -> Request:
    """Return a signed delivery with an unknown object, which becomes a reject."""
    return meta.build_meta_sample(blank, secret)


def _build_event(item: DeliveryItem) -> ConversationEvent:
    if "messaging" in item:
        return meta.build_conversation_event(item)
    if item.get("field") in COMMENT_FIELDS:
        return _build_comment_event(item)
    raise UnknownTopicError


def _build_comment_event(item: DeliveryItem) -> ConversationEvent:
    comment = item["value"]
    return ConversationEvent(
        type=conversations.COMMENT_RECEIVED,
        at=from_epoch(item.get("time")),
        key=(comment.get("id"),),
        account=item.get("account"),
        customer=as_object(comment.get("from")).get("id"),
        properties={
            "media_id": clean_text(as_object(comment.get("media")).get("id")),
            "length": conversations.count_characters(comment.get("text")),
            "reply": bool(comment.get("parent_id")),
        },
    )


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Instagram",
    page=__doc__,
    secret=meta.SIGNING_SECRET,
    verify=verify_delivery,
    translate=translate_delivery,
    answer_handshake=answer_handshake,
    build_sample=build_sample,
    credential_fields=meta.CREDENTIAL_FIELDS,
)
