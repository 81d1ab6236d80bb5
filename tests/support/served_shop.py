"""Fill the tables with a small shop for serve_profiles: two people, one with a second id, and a catalog."""

import json
from typing import Any

import msgspec

from regulars.domain.events import Event, Item, OrderFact, event_id
from regulars.domain.identifiers import normalize_identifier, profile_id_of, subject_key
from regulars.domain.stream_changes import ChangeBatch, EventChange
from regulars.domain.times import from_text
from regulars.profiles.update import update_profiles
from regulars.store.contacts import Contacts
from regulars.store.ledger import Ledger
from regulars.store.orders import Orders
from regulars.store.profile_stores import ProfileStores
from regulars.store.profiles import Profiles
from regulars.store.rejects import Rejects
from tests.support.aws import PEPPER, MotoStack
from tests.support.contacts import build_contact_statement

EMAIL = normalize_identifier("email", "ann@example.com")
ANN_SUBJECT = subject_key(EMAIL, PEPPER) if EMAIL else ""
LATER_ANN_SUBJECT, BEN_SUBJECT = "u:aaaaaaaaaaaaaaaa", "u:bbbbbbbbbbbbbbbb"
ANN_PROFILE, LATER_ANN_PROFILE, BEN_PROFILE = map(
    profile_id_of, (ANN_SUBJECT, LATER_ANN_SUBJECT, BEN_SUBJECT)
)
SHOP_TIME, LATER_TIME = "2026-01-02T03:04:05.000Z", "2026-01-03T03:04:05.000Z"
SCORES = {
    "computed_at": SHOP_TIME,
    "dataset_id": "d1",
    "churn": {
        "probability": 0.62,
        "band": "high",
        "basis": "model",
        "horizon_days": 90,
        "reasons": ["no order for 80 days, usually one in 30"],
        "model_version": "d1-abc",
        "status": "ok",
    },
    "rfm": {"recency": 2, "frequency": 5, "monetary": 4},
    "segments": {"rfm": "champions", "kmeans": None},
    "segment_ids": {"rfm": "rfm-01", "kmeans": None},
    "next_best_products": [{"product_id": "cup", "name": "Cup", "reason": "because", "score": 1.5}],
}
CANDIDATES = {
    "candidates": [
        ["cup", 0.9, 0.5, 0.0, 0.0, "pot"],
        ["jug", 0.1, 0.9, 0.0, 0.0, "pot"],
        ["pot", 0.0, 0.0, 0.8, 0.0, ""],
    ],
    "weights": {"content": 1.0, "collaborative": 1.0, "habit": 1.0, "trend": 1.0},
    "bought": {"pot": 20_000},
    "model_version": "d1-abc",
    "status": "ok",
}
CATALOG = {
    "pot": ("Tea pot", 1250),
    "cup": ("Cup", 400),
    "jug": ("Jug", None),
    "tin": ("Tin", 99),
}
SEGMENTS = [
    {
        "id": "rfm-01",
        "name": "champions",
        "scheme": "rfm",
        "title": "Champions",
        "description": "The best",
        "size": 2,
    }
]


def fill_tables(aws: MotoStack) -> None:
    """Store the profiles, the catalog and the published lists."""
    fold_events(
        aws,
        _build_order("1", ANN_SUBJECT),
        _build_order("2", BEN_SUBJECT),
        build_event("3", "Page Viewed", LATER_TIME, ANN_SUBJECT, LATER_ANN_SUBJECT),
    )
    put_scores(aws, ANN_PROFILE, rank="0001")
    put_scores(aws, BEN_PROFILE, rank="0002")
    contact = {"email": "ann@example.com", "first_name": "Ann"}
    statement = build_contact_statement(ANN_SUBJECT, contact, SHOP_TIME)
    Contacts("test-contacts", aws.dynamodb).store_statements([statement])
    for product_id, (name, price) in CATALOG.items():
        product = {"name": name, "category": "tea", "price": price, "currency": "GBP"}
        neighbours = [[id_, 0.5, 0.25] for id_ in ("cup", "jug") if id_ != product_id]
        _put_product(aws, product_id, product, neighbours)
    _put_item(aws, "control", {"id": "segments", "segments": json.dumps(SEGMENTS)})
    _put_item(
        aws, "control", {"id": "popular", "popular": json.dumps([["tin", 9.0], ["pot", 5.0]])}
    )


def fold_events(aws: MotoStack, *events: Event) -> None:
    """Record events, and update the profiles."""
    stores = ProfileStores(
        profiles=Profiles("test-profiles", aws.dynamodb),
        orders=Orders("test-profiles", aws.dynamodb),
        ledger=Ledger("test-events", aws.dynamodb),
        rejects=Rejects("test-rejects", aws.dynamodb),
    )
    stores.ledger.record_events(events)
    update_profiles(ChangeBatch(tuple(map(EventChange, events))), stores, from_text(LATER_TIME))


def put_scores(aws: MotoStack, profile_id: str, rank: str) -> None:
    """Store what the scoring writes about a person."""
    key = {"profile_id": profile_id}
    _put_item(aws, "profiles", key | {"sk": "profile#scores", "scores": json.dumps(SCORES)})
    _put_item(
        aws, "profiles", key | {"sk": "recommendations", "candidates": json.dumps(CANDIDATES)}
    )
    _put_item(aws, "profiles", key | {"sk": "segment#rfm", "segment": "rfm:rfm-01", "rank": rank})


def build_event(name: str, type_: str, at: str, *subjects: str, **fields: Any) -> Event:
    """Return an event of a browser."""
    return Event(
        id=event_id(name),
        type=type_,
        channel="web",
        source="segment/web",
        occurred_at=at,
        received_at=at,
        subjects=subjects,
        **fields,
    )


def _build_order(number: str, subject: str) -> Event:
    order = OrderFact(
        key=f"shop/{number}", version=SHOP_TIME, placed_at=SHOP_TIME, total=1250, currency="GBP"
    )
    items = (Item(product_id="pot", name="Tea pot", price=1250),)
    return build_event(number, "Order Completed", SHOP_TIME, subject, items=items, order=order)


def _put_product(aws: MotoStack, product_id: str, product: object, neighbours: object) -> None:
    texts = {"product": json.dumps(product), "neighbours": json.dumps(neighbours)}
    _put_item(aws, "catalog", {"product_id": product_id} | texts)


def _put_item(aws: MotoStack, table: str, item: dict[str, Any]) -> None:
    typed = {k: {"S": v} if isinstance(v, str) else v for k, v in msgspec.to_builtins(item).items()}
    aws.dynamodb.put_item(TableName=f"test-{table}", Item=typed)
