"""Facebook Messenger: what people wrote to your page, what it answered, and the leads of its forms.

Set it up
* Run `regulars connect messenger`. It asks for the app secret (Meta for Developers → your app → App settings → Basic) and
  for a word of your own, the verify token, and prints the URL.
* In the same app: Messenger → Messenger API settings → Configure webhooks. Paste the URL and the verify token; Meta tries
  them at once. Then connect your page and subscribe it to `messages`, `messaging_postbacks`, `message_echoes`,
  `message_reads` and `message_deliveries`.
* For lead ads: Webhooks → Page → subscribe to `leadgen`.
* To rotate: reset the app secret at Meta and run `regulars sources rotate messenger`; both count until the old one is
  taken away.

Events
* message and postback (a button) → Message Received; an echo, which is what the page sent → Message Sent,
* read → Message Read, delivery → Message Delivered,
* leadgen → Form Submitted, with ids only: Meta does not tell who it was.
* Anything else is set aside as unknown_topic.

What is stored
* The kind of a message and how long its text is; never the text, a picture or what a button carries. Of a message's id, a
  fingerprint.
* The id by which the page knows the person; no name, which Meta does not send. The page is part of that id.
* Meta repeats for hours what was not taken: message, person and time make an event the one it is.
"""

from collections.abc import Sequence
from datetime import datetime

from regulars.channels.chat import meta
from regulars.channels.contract import Channel, Draft, Reply, Request
from regulars.channels.drafts.batches import Item, each
from regulars.channels.drafts.conversations import Message, message_draft
from regulars.channels.drafts.sales import texts_of, unknown_topic
from regulars.channels.fields.event_times import from_epoch

CHANNEL_NAME = "messenger"


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (it carries no time)
    """Meta's signature by any live app secret."""
    meta.verify_meta(request, secrets)


def answer_handshake(request: Request, secrets: Sequence[str], now: datetime) -> Reply | None:  # noqa: ARG001 (the word proves it)
    """Meta's challenge."""
    return meta.answer_meta(request)


def translate_delivery(request: Request) -> list[Draft]:
    """One event per message and per lead."""
    items = [part for entry in meta.entries(request, "page") for part in meta.parts(entry)]
    return each(items, lambda item: [message_draft(CHANNEL_NAME, request, _message(item))])


def build_sample(blank: Request, secret: str) -> Request:
    """A signed delivery of an object nobody knows, which is set aside."""
    return meta.meta_sample(blank, secret)


def _message(item: Item) -> Message:
    if "messaging" in item:
        return meta.conversation(item)
    if item.get("field") != "leadgen":
        raise unknown_topic()
    lead = item["value"]
    return Message(
        type="Form Submitted",
        at=from_epoch(lead.get("created_time") or item.get("time")),
        key=(lead.get("leadgen_id"),),
        account=item.get("account"),
        channel="form",
        properties=texts_of(lead, "form_id", "leadgen_id", "ad_id", "adgroup_id"),
    )


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Messenger",
    page=__doc__,
    secret=meta.SIGNING_SECRET,
    verify=verify_delivery,
    translate=translate_delivery,
    answer_handshake=answer_handshake,
    build_sample=build_sample,
    credential_fields=meta.CREDENTIAL_FIELDS,
)
