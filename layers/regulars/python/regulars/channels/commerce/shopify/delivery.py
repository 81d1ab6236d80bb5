"""Read a Shopify delivery: its headers, its resource, its shop, its time and its test mode."""

import hashlib
import re
from typing import Any

from regulars.channels.commerce.shopify.properties import STORED_FIELDS
from regulars.channels.commerce.shopify.topics import TOPICS
from regulars.channels.contract import Request
from regulars.channels.fields.event_times import (
    EventTimes,
    format_first_time,
    parse_time,
    resolve_event_times,
)
from regulars.channels.fields.json_values import ObjectReader, as_object, list_objects
from regulars.domain.times import to_text

CHANNEL_NAME = "shopify"
# All fields that the modules of this package read from a resource.
_READER = ObjectReader(
    (
        *STORED_FIELDS,
        *("id", "title", "variants", "line_items", "refund_line_items", "currency"),
        *("created_at", "updated_at", "processed_at", "cancelled_at", "test", "transactions"),
        *(
            "total_price",
            "total_price_set",
            "current_total_price",
            "refunds",
            "discount_codes",
            "landing_site",
        ),
        *("customer", "customer_id", "customer_locale", "note_attributes", "billing_address"),
        *("email", "contact_email", "phone", "first_name", "last_name", "default_address"),
        *("email_marketing_consent", "sms_marketing_consent", "email_address", "completed_at"),
        *("amount", "kind", "available"),
        *("data_request", "orders_requested", "orders_to_redact"),
        "order_edit",
    )
)
_DOMAIN_PATTERN = re.compile(r"[a-z0-9][a-z0-9.-]{0,99}")


def normalize_domain(answer: str) -> str:
    """Return a shop's domain as deliveries write it, also for its handle or URL; raise ValueError for anything else."""
    domain = answer.strip().lower().removeprefix("https://").rstrip("/")
    if not _DOMAIN_PATTERN.fullmatch(domain):
        raise ValueError
    return domain if "." in domain else f"{domain}.myshopify.com"


def read_resource(request: Request, topic: str) -> tuple[str, dict[str, Any]]:
    """Return the kind and the resource. An edit contains only the id of the order; orders/updated has its money."""
    body = _READER.read(request.body)
    edit = as_object(body.get("order_edit"))
    return ("order_edits", edit) if edit else (topic.partition("/")[0], body)


def resolve_times(request: Request, topic: str, body: dict[str, Any]) -> EventTimes:
    """Return when the event happened, by the body; by the unsigned header only if the body has no time."""
    fields = (TOPICS[topic][1], "updated_at", "created_at")
    time = next((value for value in map(body.get, fields) if value), None)
    time = (
        time
        or format_first_time(read_header(request, "triggered-at"))
        or to_text(request.received_at)
    )
    return resolve_event_times(parse_time(time), request.received_at)


def is_test(request: Request, body: dict[str, Any]) -> bool:
    """Return whether the sender is in test mode: a test order, or a refund through a test gateway."""
    payments = [payment.get("test") is True for payment in list_objects(body.get("transactions"))]
    is_flagged = body.get("test") is True or read_header(request, "test") == "true"
    return is_flagged or (bool(payments) and all(payments))


def find_shop(request: Request) -> str:
    """Return the shop's domain, which scopes its ids: from the config, else the delivery, else the name of the source."""
    shop = request.config.get("shop") or read_header(request, "shop-domain")
    domain = shop.strip().lower() if isinstance(shop, str) else ""
    return domain if _DOMAIN_PATTERN.fullmatch(domain) else request.source


def hash_content(request: Request) -> str:
    """Return what identifies a delivery: a hash of its signed bytes, not the unsigned ids in its headers."""
    return hashlib.sha256(request.body).hexdigest()


def read_header(request: Request, name: str) -> str:
    """Return a Shopify header: `X-Shopify-…`, or `Shopify-…` as in newer deliveries."""
    headers = request.headers
    return headers.get(f"x-shopify-{name}") or headers.get(f"shopify-{name}") or ""
