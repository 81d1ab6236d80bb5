"""Build the requests of a shop and the responses of AWS: invented, of realistic size."""

import base64
import hmac
import json
from dataclasses import fields
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from regulars.domain.events import Event, Item, OrderFact
from regulars.domain.identifiers import profile_id_of
from regulars.domain.identity_facts import split_facts
from regulars.domain.identity_statements import collect_facts
from regulars.domain.profiles import SubjectProfile, fold_events
from regulars.settings import Settings
from regulars.store.profiles import SubjectIdentity, identity_item, profile_item
from regulars.store.schema import ORDER_SOURCES_ID
from tests.benchmarks.stub import Reply
from tests.support.gateway import http_event
from tests.support.served_shop import SCORES

SHOP_TIME = "2026-11-01T10:00:00.000Z"
SECRET = "made-up-webhook-secret"
PERSON_SUBJECTS = ("u:aaaaaaaaaaaaaaaa", "e:aaaaaaaaaaaaaaaa")
PROFILE_ID = profile_id_of(
    PERSON_SUBJECTS[1]
)  # of subjects named at one time, the first by its letter
WRITE_KEY = "rk_write_made_up"
BEARER_HEADER = {"Authorization": "Bearer rk_admin_made_up", "Accept": "application/json"}
WEBHOOK_BYTES = 20_000


def build_environment(cls: type[Settings]) -> dict[str, str]:
    """Return the environment of a function; the name of each table is the name of its setting."""
    constants = {"default_country": "GB", "default_currency": "GBP", "parameters_prefix": "/bench"}
    values = {field.name: constants.get(field.name, field.name) for field in fields(cls)}
    return cls(**values).to_environment()


def build_replies() -> dict[str, Reply]:
    """Return the replies of AWS."""
    return {
        "GetItem": _find_item,
        "Query": _query_items,
        "GetParameter": lambda request: {"Parameter": {"Value": _parameter_value(request["Name"])}},
        "BatchGetItem": lambda request: {
            "Responses": {
                name: [item for item in PERSON_ITEMS if _key_of(item) in request_keys["Keys"]]
                for name, request_keys in request["RequestItems"].items()
            }
        },
        "BatchWriteItem": lambda _: {"UnprocessedItems": {}},
        "PutItem": lambda _: {},
        "TransactWriteItems": lambda _: {},
    }


def build_profile_request() -> dict[str, Any]:
    """Return the request of the owner for one scored profile."""
    return http_event(f"/profiles/{PROFILE_ID}", headers=BEARER_HEADER, method="GET")


def build_order_webhook(email: str, number: int) -> dict[str, Any]:
    """Return a signed Shopify order of 20 KB."""
    body = _fill_order(_build_order(email, number))
    signature = base64.b64encode(hmac.digest(SECRET.encode(), body, "sha256")).decode()
    headers = {
        "X-Shopify-Hmac-Sha256": signature,
        "X-Shopify-Topic": "orders/create",
        "X-Shopify-Shop-Domain": "bench.example.com",
        "X-Shopify-Event-Id": f"event-{number}",
    }
    return http_event("/hooks/shopify/main", body, headers)


def build_tracking_batch(count: int, number: int) -> dict[str, Any]:
    """Return a batch call of product views."""
    page = {"url": "https://shop.example.com/p/1", "title": "Tea pot", "path": "/p/1"}
    message = {
        "type": "track",
        "event": "Product Viewed",
        "anonymousId": "0f2a7c1e-3a52-4b0f-9d6e-3d6f6f9f0a11",
        "timestamp": SHOP_TIME,
        "properties": {"product_id": "P1", "name": "Tea pot", "price": 12.5, "currency": "GBP"},
        "context": {"page": page, "locale": "en-GB", "timezone": "Europe/London"},
    }
    batch = [message | {"messageId": f"m-{number}-{at}"} for at in range(count)]
    return http_event(
        "/v1/batch", {"batch": batch, "sentAt": SHOP_TIME}, {"Authorization": f"Bearer {WRITE_KEY}"}
    )


def _build_order(email: str, number: int) -> dict[str, Any]:
    line = {"product_id": 7, "title": "Tea pot", "quantity": 1, "price": "12.50", "sku": "TEA-7"}
    return {
        "id": number,
        "email": email,
        "created_at": SHOP_TIME,
        "updated_at": SHOP_TIME,
        "currency": "GBP",
        "total_price": "62.50",
        "financial_status": "paid",
        "customer": {"id": number, "email": email, "first_name": "Ann", "last_name": "Made-Up"},
        "line_items": [line | {"product_id": at, "id": at} for at in range(5)],
    }


def _fill_order(order: dict[str, Any]) -> bytes:
    """Return the order with as many bytes as a real one, in small fields that the translation does not read."""
    tax = {"title": "VAT", "price": "2.08", "rate": 0.2, "price_set": {"amount": "2.08"}}
    order_bytes = len(json.dumps(order))
    line_bytes = len(json.dumps(tax)) + 2
    return json.dumps(
        order | {"tax_lines": [tax] * ((WEBHOOK_BYTES - order_bytes) // line_bytes)}
    ).encode()


def _query_items(request: dict[str, Any]) -> dict[str, Any]:
    profile_id = request["ExpressionAttributeValues"][":id"]
    items = [item for item in PERSON_ITEMS if item["profile_id"] == profile_id]
    return {"Items": items, "Count": len(items), "ScannedCount": len(items)}


def _key_of(item: dict[str, Any]) -> dict[str, Any]:
    return {name: item[name] for name in ("profile_id", "sk")}


def _find_item(request: dict[str, Any]) -> dict[str, Any]:
    key = next(iter(request["Key"].values()))["S"]
    if request["TableName"] == "profiles_table":
        return {"Item": PERSON_ITEMS[0]}
    return {"Item": {name: {"S": value} for name, value in _control_item(key).items()}}


def _control_item(id_: str) -> dict[str, str]:
    if id_.startswith("source#"):
        return {"id": id_, "channel": "shopify", "source": "main", "config": "{}"}
    if id_ == ORDER_SOURCES_ID:  # the shop has sold today
        return {"id": id_, "shopify/main": f"{datetime.now(UTC):%Y-%m-%d}"}
    scope = "write" if id_ == f"key#{sha256(WRITE_KEY.encode()).hexdigest()}" else "admin"
    return {"id": id_, "scope": scope, "label": "Bench", "source": "web", "created_at": SHOP_TIME}


def _parameter_value(name: str) -> str:
    return json.dumps({"signing": [SECRET]}) if "/sources/" in name else "pepper-of-the-bench"


def _build_person_items() -> list[dict[str, Any]]:
    """Return the items of a scored person with a year of visits and orders, as DynamoDB sends them."""
    events = [_build_past_event(number) for number in range(24)]
    profile = SubjectProfile(
        subject=PERSON_SUBJECTS[0],
        state=fold_events(events),
        rev=24,
        applied=tuple(event.id for event in events),
        newest=SHOP_TIME,
    )
    identities = [
        SubjectIdentity(subject=subject, facts=facts, rev=1)
        for subject, facts in sorted(split_facts(collect_facts(events)).items(), reverse=True)
    ]
    items = [profile_item(profile), *map(identity_item, identities)]
    for item, name in zip(items, ("applied", "facts", "facts"), strict=True):
        item[name] = {"B": base64.b64encode(item[name]["B"]).decode()}
    scores = {"sk": {"S": "profile#scores"}, "scores": {"S": json.dumps(SCORES)}}
    return [*items, {"profile_id": {"S": PROFILE_ID}} | scores]


def _build_past_event(number: int) -> Event:
    at = f"2026-{1 + number // 3:02}-01T10:00:00.000Z"
    order = OrderFact(key=f"shop/{number}", version=at, placed_at=at, total=1250, currency="GBP")
    channel = ("web", "shop", "email")[number % 3]
    type_ = ("Product Viewed", "Order Completed", "Email Opened")[number % 3]
    items = (Item(product_id="P1", name="Tea pot", price=1250),)
    content: dict[str, Any] = {"items": items, "order": order if number % 3 == 1 else None}
    return Event(
        id=f"{number:016}",
        type=type_,
        channel=channel,
        source="bench/web",
        occurred_at=at,
        received_at=at,
        subjects=PERSON_SUBJECTS,
        **content,
    )


PERSON_ITEMS = _build_person_items()
