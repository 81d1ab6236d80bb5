"""Instagram: what people wrote to your professional account, and that they commented on its posts.

Set it up
* Run `regulars connect instagram`. It asks for the app secret (Meta for Developers → your app → App settings → Basic; with
  Instagram login it is the Instagram app secret) and for a word of your own, the verify token, and prints the URL.
* In the same app: Instagram → API setup → Configure webhooks. Paste the URL and the verify token; Meta tries them at once.
* Subscribe to `messages`, `messaging_postbacks`, `messaging_seen` and `comments`, and switch the subscription on for your
  account. The app must be live, or nothing is sent.
* To rotate: reset the app secret at Meta and run `regulars sources rotate instagram`; both count until the old one is
  taken away.

Events
* message and postback (a button) → Message Received; an echo, which is what you sent → Message Sent; read → Message Read,
* a message taken back by its writer → Message Deleted,
* comments and live_comments → Comment Received.
* Anything else is set aside as unknown_topic.

What is stored
* The kind of a message and how long its text is; of a comment its length and the post's id. Never a text or a picture.
* The id by which your account knows the person; names and usernames are not read.
* Meta repeats for hours what was not taken: message, person and time make an event the one it is.
"""

from collections.abc import Sequence
from datetime import datetime

from regulars.channels.chat import meta
from regulars.channels.contract import Channel, Draft, Reply, Request
from regulars.channels.drafts import conversations as chat
from regulars.channels.drafts.batches import Item, each
from regulars.channels.drafts.conversations import Message, message_draft
from regulars.channels.drafts.sales import unknown_topic
from regulars.channels.fields.event_times import from_epoch
from regulars.channels.fields.json_values import an_object
from regulars.channels.fields.redaction import clean_text

CHANNEL_NAME = "instagram"
COMMENTS = ("comments", "live_comments")


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (it carries no time)
    """Meta's signature by any live app secret."""
    meta.verify_meta(request, secrets)


def answer_handshake(request: Request, secrets: Sequence[str], now: datetime) -> Reply | None:  # noqa: ARG001 (the word proves it)
    """Meta's challenge."""
    return meta.answer_meta(request)


def translate_delivery(request: Request) -> list[Draft]:
    """One event per message and per comment."""
    items = [part for entry in meta.entries(request, "instagram") for part in meta.parts(entry)]
    return each(items, lambda item: [message_draft(CHANNEL_NAME, request, _message(item))])


def build_sample(blank: Request, secret: str) -> Request:
    """A signed delivery of an object nobody knows, which is set aside."""
    return meta.meta_sample(blank, secret)


def _message(item: Item) -> Message:
    if "messaging" in item:
        return meta.conversation(item)
    if item.get("field") not in COMMENTS:
        raise unknown_topic()
    comment = item["value"]
    return Message(
        type=chat.COMMENTED,
        at=from_epoch(item.get("time")),
        key=(comment.get("id"),),
        account=item.get("account"),
        customer=an_object(comment.get("from")).get("id"),
        properties={
            "media_id": clean_text(an_object(comment.get("media")).get("id")),
            "length": chat.length(comment.get("text")),
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
