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
from regulars.channels.drafts import conversations as chat
from regulars.channels.drafts.conversations import ConversationEvent, build_conversation_draft
from regulars.channels.fields.event_times import from_epoch
from regulars.channels.fields.json_values import ObjectReader, as_object
from regulars.channels.fields.money import parse_currency, parse_minor_units
from regulars.channels.fields.texts import require_id
from regulars.channels.signatures.shared_secret import check_equal

CHANNEL_NAME = "telegram"
TOPICS = {
    "message": chat.MESSAGE_RECEIVED,
    "callback_query": chat.MESSAGE_RECEIVED,
    "edited_message": chat.MESSAGE_UPDATED,
    "my_chat_member": "",
}
MEMBERS = {
    "kicked": chat.CONTACT_UNSUBSCRIBED,
    "left": chat.CONTACT_UNSUBSCRIBED,
    "member": chat.CONTACT_SUBSCRIBED,
}
STARS = "XTR"  # Telegram's own coin, which is no money
_TOKEN = "x-telegram-bot-api-secret-token"  # noqa: S105 (a header's name)
_KINDS = (
    *("text", "contact", "photo", "video", "voice", "audio", "document", "sticker", "location"),
    *("animation", "video_note", "poll", "dice", "venue", "successful_payment"),
)
_START = re.compile(r"/start ([A-Za-z0-9_-]{1,64})")
_READER = ObjectReader(("update_id", *TOPICS))


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (it carries no time)
    """Telegram signs nothing: it repeats the secret token it was given.

    https://core.telegram.org/bots/api#setwebhook
    """
    check_equal(request.headers.get(_TOKEN, ""), [secret.encode() for secret in secrets])


def translate_delivery(request: Request) -> list[Draft]:
    """The events of one update."""
    update = _READER.read(request.body)
    topic = next((name for name in TOPICS if isinstance(update.get(name), dict)), None)
    if topic is None:
        raise UnknownTopicError
    said = update[topic]
    builder = _UpdateBuilder(request, require_id(update.get("update_id"), "update_id"), said)
    if topic == "my_chat_member":
        return [builder.build_member_draft()]
    drafts = [builder.build_draft(TOPICS[topic], _properties(topic, said))]
    if builder.phone:
        drafts.append(builder.build_draft(chat.IDENTITY_LINKED, {}))
    if paid := as_object(said.get("successful_payment")):
        drafts.append(builder.build_draft("Payment Succeeded", *_payment(paid)))
    return drafts


def build_sample(blank: Request, secret: str) -> Request:
    """An update of a kind nobody knows, which is set aside."""
    body = json.dumps({"update_id": int(blank.received_at.timestamp()), "test": {}}).encode()
    headers = {"content-type": "application/json", _TOKEN: secret}
    return msgspec.structs.replace(blank, body=body, headers=headers)


class _UpdateBuilder:
    """Builds the events of one update of one person."""

    def __init__(self, request: Request, update_id: str, said: dict[str, Any]) -> None:
        self._request = request
        self._update_id = update_id
        self._said = said
        sender = as_object(said.get("from"))
        # Who speaks as a channel or as a group comes under an id that all of them share.
        is_somebody = sender.get("is_bot") is not True and "sender_chat" not in said
        self._person = sender if is_somebody else {}
        shared = as_object(said.get("contact"))
        # Anybody's card can be sent; it is the sender's own number only when it carries the sender's id.
        is_own = shared.get("user_id") is not None and shared["user_id"] == self._person.get("id")
        number = shared.get("phone_number")
        self.phone = "+" + number.lstrip("+") if is_own and isinstance(number, str) else ""

    def build_draft(self, type_: str, properties: dict[str, Any], currency: str = "") -> Draft:
        """Return the draft of an event of this type."""
        contact = {name: self._person.get(name) for name in ("first_name", "last_name")}
        channel = "payments" if type_ == "Payment Succeeded" else "chat"
        # A button's press has no time of its own.
        at = self._said.get("edit_date") or self._said.get("date")
        message = ConversationEvent(
            type=type_,
            at=from_epoch(at) if at else self._request.received_at,
            key=(self._update_id,),
            customer=self._person.get("id"),
            contact={"phone": self.phone} | contact,
            traits=chat.build_locale_trait(self._person.get("language_code")),
            properties=properties,
            currency=currency,
            channel=channel,
        )
        return build_conversation_draft(CHANNEL_NAME, self._request, message)

    def build_member_draft(self) -> Draft:
        """Return whether the person allows or blocks the bot; raise UnknownTopicError for a change in a group."""
        status = as_object(self._said.get("new_chat_member")).get("status")
        type_ = MEMBERS.get(str(status))
        if type_ is None or as_object(self._said.get("chat")).get("type") != "private":
            raise UnknownTopicError
        return self.build_draft(type_, {})


def _properties(topic: str, said: dict[str, Any]) -> dict[str, Any]:
    text = said.get("text")
    start = _START.fullmatch(text) if isinstance(text, str) else None
    place = as_object(said.get("chat")).get("id")
    kind = "button" if topic == "callback_query" else next((k for k in _KINDS if k in said), "")
    return {
        "message": chat.hash_reference(
            f"{place}/{said['message_id']}" if "message_id" in said else ""
        ),
        "kind": kind,
        "length": chat.count_characters(text),
        "start": start[1] if start else "",
    }


def _payment(paid: dict[str, Any]) -> tuple[dict[str, Any], str]:
    amount = parse_minor_units(paid.get("total_amount"))
    if paid.get("currency") == STARS:
        return {"amount": amount, "currency": STARS}, ""
    currency = parse_currency(paid.get("currency"))
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
