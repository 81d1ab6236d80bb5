"""The words in which the page names what is stored."""

import re
from collections.abc import Mapping
from typing import Any

IDENTIFIER_WORDS = {
    "email": "E-mail address",
    "phone": "Phone number",
    "user_id": "Account",
    "customer": "Customer number",
    "anonymous_id": "Browser or device",
}
TRUST_WORDS = {
    "owner": "the owner of the shop",
    "verified": "a connected system",
    "server": "the server of the shop",
    "browser": "a web page, not verified",
}
CHANNEL_WORDS = {
    "email": "E-mail",
    "sms": "Text message",
    "phone": "Phone call",
    "whatsapp": "WhatsApp",
    "line": "LINE",
    "wechat": "WeChat",
    "telegram": "Telegram",
}
STATUS_WORDS = {
    "granted": "Agreed",
    "confirmed": "Agreed, and confirmed",
    "pending": "Waiting for the confirmation",
    "denied": "Refused",
    "complained": "Reported as spam",
}
PROFILE_WORDS = {
    "lifecycle": "Stage as a buyer",
    "counts": "Events by kind",
    "channels": "Where events came from",
    "churn": "Chance of not buying again",
    "rfm": "Rank among buyers, 1 to 5",
    "segments": "Groups",
    "next_best_products": "Suggested products",
    "scored_at": "Computed at",
}
_TIME_PATTERN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
# Fields of an event that have a column of their own, or that say nothing to a reader.
_HIDDEN_FIELDS = frozenset({
    *("id", "type", "source", "channel", "occurred_at", "received_at", "sent_at", "subjects"),
    "counted_here",
})  # fmt: skip


def format_words(name: str) -> str:
    """Return a stored name as words: `first_name` → `First name`."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def format_time(text: str | None) -> str:
    """Return an RFC 3339 text for a reader: `2026-01-02 03:04 UTC`."""
    return f"{text[:10]} {text[11:16]} UTC" if text else ""


def format_details(event: Mapping[str, Any]) -> str:
    """Return the fields of an event without a column of their own."""
    return format_value({name: event[name] for name in event if name not in _HIDDEN_FIELDS})


def format_value(value: Any) -> str:
    """Return a JSON value as one text without brackets; empty parts are left out."""
    match value:
        case dict():
            texts = {format_words(str(key)): format_value(part) for key, part in value.items()}
            return "; ".join(f"{name}: {text}" for name, text in texts.items() if text)
        case list() | tuple():
            return ", ".join(map(format_value, value))
        case bool():
            return "yes" if value else "no"
        case None:
            return ""
        case str() if _TIME_PATTERN.fullmatch(value):
            return format_time(value)
    return str(value)
