r"""Receive messages, button presses, shared phone numbers, payments and blocks of a Telegram bot.

**Set up**

1. In Telegram, create a bot with @BotFather and copy its token. Regulars never receives this token.
2. Run `regulars connect telegram`. It generates a secret token and prints the URL and the secret.
3. Register the webhook once, from a terminal:

       curl "https://api.telegram.org/bot<token>/setWebhook" -d "url=<URL>" -d "secret_token=<secret>" \
         -d 'allowed_updates=["message","edited_message","callback_query","my_chat_member"]'

**Rotate the secret**: Run `regulars sources rotate telegram` and call `setWebhook` again with the new secret. The
previous secret stays valid until the next rotation.

**Events**

* `message`, `callback_query` (a button) → Message Received. If the person shares their own phone number, also
  Identity Linked.
* `edited_message` → Message Updated
* `my_chat_member` → Contact Unsubscribed if the person blocked the bot. It withdraws the consent to Telegram
  messages.
* `my_chat_member` → Contact Subscribed if the person unblocked the bot. It does not grant consent.
* Successful payment → Payment Succeeded, without an order, because Telegram sends none. Telegram Stars (`XTR`) are
  stored as stars and are not counted as money.
* Any other update, such as a channel post or a new group member → a reject with the reason `unknown_topic`

**Stored**

* The type and length of a message, a hash of the message ID, and the parameter of `/start`, which identifies the
  link that the person followed.
* The Telegram user ID as an identifier, the first and last name as contact data, and the language as a trait.
* A shared phone number, only if it is the person's own.

**Not stored**: text, and usernames, because a username can pass to another person.

**Notes**

* Bots and channels: a message that a bot or a channel wrote is not assigned to a person.
* Retries: Telegram retries a failed delivery with the same `update_id`. It is stored as one event.
"""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from regulars.channels.contract import Channel, Draft, GeneratedSecret, Request, UnknownTopicError
from regulars.channels.drafts import conversations
from regulars.channels.drafts.conversations import ConversationEvent, build_conversation_draft
from regulars.channels.fields.event_times import from_epoch
from regulars.channels.fields.json_values import ObjectReader, as_object
from regulars.channels.fields.money import parse_currency, parse_minor_units
from regulars.channels.fields.texts import require_id
from regulars.channels.signatures.shared_secret import check_equal

CHANNEL_NAME = "telegram"
TOPICS = {
    "message": conversations.MESSAGE_RECEIVED,
    "callback_query": conversations.MESSAGE_RECEIVED,
    "edited_message": conversations.MESSAGE_UPDATED,
    "my_chat_member": "",
}
MEMBER_STATUS_TYPES = {
    "kicked": conversations.CONTACT_UNSUBSCRIBED,
    "left": conversations.CONTACT_UNSUBSCRIBED,
    "member": conversations.CONTACT_SUBSCRIBED,
}
STARS_CURRENCY = "XTR"  # Telegram Stars, which are not money
_TOKEN_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 (the name of a header)
_MESSAGE_KINDS = (
    *("text", "contact", "photo", "video", "voice", "audio", "document", "sticker", "location"),
    *("animation", "video_note", "poll", "dice", "venue", "successful_payment"),
)
_START_PATTERN = re.compile(r"/start ([A-Za-z0-9_-]{1,64})")
_READER = ObjectReader(("update_id", *TOPICS))


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (a delivery has no signing time)
    """Compare the secret token in the header with each live one, because Telegram does not sign deliveries.

    https://core.telegram.org/bots/api#setwebhook
    """
    check_equal(request.headers.get(_TOKEN_HEADER, ""), [secret.encode() for secret in secrets])


def translate_delivery(request: Request) -> list[Draft]:
    """Return the events of one update."""
    update = _READER.read(request.body)
    topic = next((name for name in TOPICS if isinstance(update.get(name), dict)), None)
    if topic is None:
        raise UnknownTopicError
    content = update[topic]
    builder = _UpdateBuilder(request, require_id(update.get("update_id"), "update_id"), content)
    if topic == "my_chat_member":
        return [builder.build_member_draft()]
    drafts = [builder.build_draft(TOPICS[topic], _build_properties(topic, content))]
    if builder.phone:
        drafts.append(builder.build_draft(conversations.IDENTITY_LINKED, {}))
    if payment := as_object(content.get("successful_payment")):
        drafts.append(builder.build_draft("Payment Succeeded", *_read_payment(payment)))
    return drafts


def build_sample(blank: Request, secret: str) -> Request:
    """Return an update of an unknown kind, which becomes a reject."""
    body = json.dumps({"update_id": int(blank.received_at.timestamp()), "test": {}}).encode()
    headers = {"content-type": "application/json", _TOKEN_HEADER: secret}
    return msgspec.structs.replace(blank, body=body, headers=headers)


class _UpdateBuilder:
    """Builds the events of one update of one person."""

    def __init__(self, request: Request, update_id: str, content: dict[str, Any]) -> None:
        self._request = request
        self._update_id = update_id
        self._content = content
        sender = as_object(content.get("from"))
        # All people who write as a channel or as a group have the same sender ID.
        is_person = sender.get("is_bot") is not True and "sender_chat" not in content
        self._person = sender if is_person else {}
        shared_contact = as_object(content.get("contact"))
        # A person can share any contact. It is their own number only if it has their user ID.
        contact_id = shared_contact.get("user_id")
        is_own = contact_id is not None and contact_id == self._person.get("id")
        number = shared_contact.get("phone_number")
        self.phone = "+" + number.lstrip("+") if is_own and isinstance(number, str) else ""

    def build_draft(self, type_: str, properties: dict[str, Any], currency: str = "") -> Draft:
        """Return the draft of an event of this type."""
        contact = {name: self._person.get(name) for name in ("first_name", "last_name")}
        channel = "payments" if type_ == "Payment Succeeded" else "chat"
        event = ConversationEvent(
            type=type_,
            at=self._read_time(),
            key=(self._update_id,),
            customer=self._person.get("id"),
            contact={"phone": self.phone} | contact,
            traits=conversations.build_locale_trait(self._person.get("language_code")),
            properties=properties,
            currency=currency,
            channel=channel,
        )
        return build_conversation_draft(CHANNEL_NAME, self._request, event)

    def build_member_draft(self) -> Draft:
        """Return the draft of blocking or unblocking the bot; raise UnknownTopicError for a change in a group."""
        status = as_object(self._content.get("new_chat_member")).get("status")
        type_ = MEMBER_STATUS_TYPES.get(str(status))
        if type_ is None or as_object(self._content.get("chat")).get("type") != "private":
            raise UnknownTopicError
        return self.build_draft(type_, {})

    def _read_time(self) -> datetime:
        """Return the time of the content; the time of receipt for a button press, which has no time."""
        time = self._content.get("edit_date") or self._content.get("date")
        return from_epoch(time) if time else self._request.received_at


def _build_properties(topic: str, content: dict[str, Any]) -> dict[str, Any]:
    text = content.get("text")
    start = _START_PATTERN.fullmatch(text) if isinstance(text, str) else None
    chat_id = as_object(content.get("chat")).get("id")
    message_kind = next((kind for kind in _MESSAGE_KINDS if kind in content), "")
    return {
        "message": conversations.hash_reference(
            f"{chat_id}/{content['message_id']}" if "message_id" in content else ""
        ),
        "kind": "button" if topic == "callback_query" else message_kind,
        "length": conversations.count_characters(text),
        "start": start[1] if start else "",
    }


def _read_payment(payment: dict[str, Any]) -> tuple[dict[str, Any], str]:
    amount = parse_minor_units(payment.get("total_amount"))
    if payment.get("currency") == STARS_CURRENCY:
        return {"amount": amount, "currency": STARS_CURRENCY}, ""
    currency = parse_currency(payment.get("currency"))
    return {"amount": amount, "currency": currency}, currency


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Telegram",
    page=__doc__,
    secret=GeneratedSecret(),
    verify=verify_delivery,
    translate=translate_delivery,
    build_sample=build_sample,
)
