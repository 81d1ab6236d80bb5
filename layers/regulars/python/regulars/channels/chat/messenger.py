"""Receive messages, replies and lead form submissions of a Facebook page.

**Set up**

1. Copy the app secret: Meta for Developers → your app → App settings → Basic.
2. Run `regulars connect messenger`. It asks for a verify token of your choice, prints the URL and then asks for the
   app secret.
3. In the same app, go to Messenger → Messenger API settings → Configure webhooks. Paste the URL and the verify
   token. Meta verifies them immediately.
4. Connect your page and subscribe it to `messages`, `messaging_postbacks`, `message_echoes`, `message_reads` and
   `message_deliveries`.
5. For lead ads, go to Webhooks → Page and subscribe to `leadgen`.

**Rotate the secret**: Reset the app secret at Meta and run `regulars sources rotate messenger`. The previous secret
stays valid until the next rotation.

**Events**

* Message or postback (a button) → Message Received
* Echo (a message that the page sent) → Message Sent
* Read → Message Read
* Delivery → Message Delivered
* `leadgen` → Form Submitted, with IDs only. Meta does not send the identity of the person.
* Any other event → a reject with the reason `unknown_topic`

**Stored**

* The type and length of a message, and a hash of the message ID.
* The page-scoped ID of the person, together with the ID of the page.

**Not stored**: text, pictures and the data of a button. Meta does not send names.

**Notes**

* Retries: Meta retries a failed delivery for hours.
* Duplicates: the message, the person and the time identify an event.
"""

from collections.abc import Sequence
from datetime import datetime

from regulars.channels.chat import meta
from regulars.channels.contract import Channel, Draft, Reply, Request, UnknownTopicError
from regulars.channels.drafts.batches import DeliveryItem, translate_items
from regulars.channels.drafts.conversations import ConversationEvent, build_conversation_draft
from regulars.channels.fields.event_times import from_epoch
from regulars.channels.fields.texts import select_texts

CHANNEL_NAME = "messenger"


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (a delivery has no signing time)
    """Verify the signature of Meta under each live app secret."""
    meta.verify_meta_signature(request, secrets)


def answer_handshake(request: Request, secrets: Sequence[str], now: datetime) -> Reply | None:  # noqa: ARG001 (the verify token proves it)
    """Answer the challenge of Meta."""
    return meta.answer_challenge(request)


def translate_delivery(request: Request) -> list[Draft]:
    """Return one event per message and per lead."""
    items = [
        part for entry in meta.list_entries(request, "page") for part in meta.split_entry(entry)
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
    if item.get("field") != "leadgen":
        raise UnknownTopicError
    lead = item["value"]
    return ConversationEvent(
        type="Form Submitted",
        at=from_epoch(lead.get("created_time") or item.get("time")),
        key=(lead.get("leadgen_id"),),
        account=item.get("account"),
        channel="form",
        properties=select_texts(lead, "form_id", "leadgen_id", "ad_id", "adgroup_id"),
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
