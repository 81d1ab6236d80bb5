"""Fill the tables with a small shop for serve_profiles: two profiles, one with an older id, and a catalog."""

import json
from typing import Any

import msgspec

from regulars.domain.events import Event, Item, OrderFact
from regulars.domain.identifiers import normalize_identifier, subject_key
from regulars.domain.profiles import Profile, fold_events
from regulars.store.people import People
from regulars.store.profiles import profile_item
from tests.support.aws import PEPPER, MotoStack

ANN_PROFILE, BEN_PROFILE, OLD_ANN_PROFILE = (
    "p_annannannannanna",
    "p_benbenbenbenbenb",
    "p_oldoldoldoldoldo",
)
EMAIL = normalize_identifier("email", "ann@example.com")
ANN_SUBJECT = subject_key(EMAIL, PEPPER) if EMAIL else ""
SHOP_TIME = "2026-01-02T03:04:05.000Z"
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
        "name": "champions",
        "scheme": "rfm",
        "title": "Champions",
        "description": "The best",
        "size": 2,
    }
]


def fill_tables(aws: MotoStack) -> None:
    """Store the profiles, the catalog and the published lists."""
    _put_person(aws, ANN_PROFILE, (ANN_SUBJECT,), rank="0001")
    _put_person(aws, BEN_PROFILE, ("u:bbbbbbbbbbbbbbbb",), rank="0002")
    _put_item(
        aws,
        "profiles",
        profile_item(
            Profile(profile_id=OLD_ANN_PROFILE, subjects=("a:x",), merged_into=ANN_PROFILE)
        ),
    )
    people = People("test-people", aws.dynamodb)
    people.point_subject(ANN_SUBJECT, ANN_PROFILE, expected=None)
    people.store_contact(ANN_SUBJECT, {"email": "ann@example.com", "first_name": "Ann"}, SHOP_TIME)
    for product_id, (name, price) in CATALOG.items():
        product = {"name": name, "category": "tea", "price": price, "currency": "GBP"}
        neighbours = [[id_, 0.5, 0.25] for id_ in ("cup", "jug") if id_ != product_id]
        _put_product(aws, product_id, product, neighbours)
    _put_item(aws, "control", {"id": "segments", "segments": json.dumps(SEGMENTS)})
    _put_item(
        aws, "control", {"id": "popular", "popular": json.dumps([["tin", 9.0], ["pot", 5.0]])}
    )


def _put_person(aws: MotoStack, profile_id: str, subjects: tuple[str, ...], rank: str) -> None:
    _put_item(
        aws,
        "profiles",
        profile_item(
            Profile(
                profile_id=profile_id,
                subjects=subjects,
                state=fold_events([_build_order(subjects)]),
                rev=1,
            )
        ),
    )
    key = {"profile_id": profile_id}
    _put_item(aws, "profiles", key | {"sk": "profile#scores", "scores": json.dumps(SCORES)})
    _put_item(
        aws, "profiles", key | {"sk": "recommendations", "candidates": json.dumps(CANDIDATES)}
    )
    _put_item(
        aws, "profiles", key | {"sk": "segment#rfm", "segment": "rfm:champions", "rank": rank}
    )


def _build_order(subjects: tuple[str, ...]) -> Event:
    order = OrderFact(
        key="shop/1", version=SHOP_TIME, placed_at=SHOP_TIME, total=1250, currency="GBP"
    )
    fields: dict[str, Any] = {
        "items": (Item(product_id="pot", name="Tea pot", price=1250),),
        "order": order,
    }
    return Event(
        id="1",
        type="Order Completed",
        channel="web",
        source="segment/web",
        occurred_at=SHOP_TIME,
        received_at=SHOP_TIME,
        subjects=subjects,
        **fields,
    )


def _put_product(aws: MotoStack, product_id: str, product: object, neighbours: object) -> None:
    texts = {"product": json.dumps(product), "neighbours": json.dumps(neighbours)}
    _put_item(aws, "catalog", {"product_id": product_id} | texts)


def _put_item(aws: MotoStack, table: str, item: dict[str, Any]) -> None:
    typed = {k: {"S": v} if isinstance(v, str) else v for k, v in msgspec.to_builtins(item).items()}
    aws.dynamodb.put_item(TableName=f"test-{table}", Item=typed)
