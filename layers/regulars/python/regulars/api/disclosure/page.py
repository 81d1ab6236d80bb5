"""Render what is held about a person as one page that the person can read and print."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from regulars.api.disclosure.disclosure import Disclosure
from regulars.api.disclosure.html_parts import PAGE_END, render_page_start, render_section
from regulars.api.disclosure.page_words import (
    CHANNEL_WORDS,
    IDENTIFIER_WORDS,
    PROFILE_WORDS,
    STATUS_WORDS,
    TRUST_WORDS,
    format_details,
    format_time,
    format_value,
    format_words,
)

TITLE = "Your personal data"
HASH_TEXT = "stored only as a code that cannot be read back"
EVENTS_NOTE = (
    "What the shop and its connected systems reported. "
    "Amounts inside the details are in the smallest unit of the currency."
)

type Row = Sequence[object]


def render_page(disclosure: Disclosure) -> Iterator[str]:
    """Yield the page part by part; it has as many rows as the person has events."""
    parts = disclosure.parts
    yield render_page_start(TITLE, _describe_page(disclosure))
    yield from _render_identity(parts)
    yield from _render_purchases(parts)
    yield from render_section(
        "What was derived about you",
        "Computed from the events below. A probability is an estimate, not a decision about you.",
        ("What", "Value"),
        _list_profile_rows(parts["profile"]),
    )
    yield from render_section(
        "What happened",
        EVENTS_NOTE,
        ("When", "What", "Reported by", "Details"),
        map(_event_row, disclosure.list_events()),
    )
    yield PAGE_END


def _describe_page(disclosure: Disclosure) -> list[str]:
    parts = disclosure.parts
    return [
        "This page shows everything that this shop's customer platform holds about you.",
        f"Made on {format_time(parts['created_at'])} from record {disclosure.profile_id}.",
    ]


def _render_identity(parts: Mapping[str, Any]) -> Iterator[str]:
    yield from render_section(
        "Contact data",
        "Every value that was reported, with its source. Values in use are marked.",
        ("What", "Value", "In use", "Source", "Reported by", "When"),
        map(_fact_row, parts["contact_facts"]),
    )
    yield from render_section(
        "How you are recognized",
        "Identifiers that are understood as yours.",
        ("Kind", "Value", "First seen", "Confirmed"),
        map(_identifier_row, parts["identifiers"]),
    )
    yield from render_section(
        "What you agreed to",
        "Each statement about messages to you: for which address, where it came from, and which text you agreed to.",
        ("By", "Address", "For", "Statement", "When", "Source", "Basis", "Wording"),
        map(_consent_row, parts["consents"]),
    )
    if parts["decisions"]:
        yield from _render_decisions(parts["decisions"])


def _render_decisions(decisions: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    yield from render_section(
        "Decisions about who you are",
        "The owner of the shop joined or separated records.",
        ("What", "When", "Taken back"),
        (
            (format_words(one["action"]), format_time(one["at"]), "yes" if one["undone_by"] else "")
            for one in decisions
        ),
    )


def _render_purchases(parts: Mapping[str, Any]) -> Iterator[str]:
    yield from render_section(
        "Orders",
        "Orders in your name, and what they contained.",
        ("Order", "When", "Status", "Total", "Refunded", "Items"),
        map(_order_row, parts["orders"]),
    )
    yield from render_section(
        "Products that may interest you",
        "Chosen from what you and similar buyers bought and viewed.",
        ("Product",),
        _list_recommended(parts["results"]),
    )
    if "rejects" in parts:
        yield from render_section(
            "Messages that could not be processed",
            "They contain your contact data, and are deleted 30 days after they arrived.",
            ("When", "Source", "Why"),
            (
                (format_time(one["received_at"]), one["source"], one["reason"])
                for one in parts["rejects"]
            ),
        )


def _fact_row(fact: Mapping[str, Any]) -> Row:
    return (
        format_words(fact["field"]),
        fact["value"],
        "yes" if fact["in_use"] else "",
        fact["source"],
        TRUST_WORDS.get(fact["trust"], fact["trust"]),
        format_time(fact["stated_at"]),
    )


def _identifier_row(identifier: Mapping[str, Any]) -> Row:
    return (
        IDENTIFIER_WORDS.get(identifier["kind"], identifier["kind"]),
        identifier["value"] or HASH_TEXT,
        format_time(identifier["first_named_at"]),
        "yes" if identifier["is_confirmed"] else "no",
    )


def _consent_row(consent: Mapping[str, Any]) -> Row:
    return (
        CHANNEL_WORDS.get(consent["channel"], consent["channel"]),
        consent["address"] or (HASH_TEXT if consent["subject"] else "all"),
        consent["purpose"],
        STATUS_WORDS.get(consent["status"], consent["status"]),
        format_time(consent["at"]),
        consent["source"],
        format_words(consent["basis"]),
        consent["wording"],
    )


def _order_row(order: Mapping[str, Any]) -> Row:
    items = ", ".join(
        f"{item['name'] or item['product_id']} ({item['quantity']})" for item in order["items"]
    )
    amounts = [f"{order[name]} {order['currency']}" for name in ("total", "refunded")]
    time = format_time(order["placed_at"])
    return (order["order"], time, format_words(order["status"]), *amounts, items)


def _list_recommended(results: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
    for result in results:
        names = result["product_names"]
        for candidate in result["recommendations"].get("candidates", ()):
            yield (names.get(candidate[0]) or candidate[0],)


def _list_profile_rows(profile: Mapping[str, Any]) -> Iterator[Row]:
    for name, value in profile.items():
        if name not in {"id", "consent"} and value not in (None, {}, []):
            yield PROFILE_WORDS.get(name) or format_words(name), format_value(value)


def _event_row(event: Mapping[str, Any]) -> Row:
    what = event["type"]
    if not event["counted_here"]:
        what = f"{what} (counted for another person)"
    return format_time(event["occurred_at"]), what, event["source"], format_details(event)
