"""Calls of the tracking API with canaries in every field that a page may send."""

from typing import Any

from tests.support import canaries
from tests.support.canary_deliveries.delivery import TIME

TRAIT_FIELDS: dict[str, Any] = {
    "email": canaries.EMAIL,
    "phone": canaries.PHONE,
    "name": canaries.FULL_NAME,
    "firstName": canaries.FIRST_NAME,
    "address": {"street": canaries.STREET_LINE, "city": canaries.CITY_NAME},
    "bio": canaries.MESSAGE,
}
PROPERTY_FIELDS: dict[str, Any] = {
    **TRAIT_FIELDS,
    "message": canaries.MESSAGE,
    "path": f"/search?email={canaries.EMAIL}",
    "url": f"https://{canaries.USER_NAME}@shop.example.com/?name={canaries.FULL_NAME}#{canaries.EMAIL}",
    "products": [{"product_id": "p1", "name": "Mug", "note": canaries.MESSAGE}],
    "nested": {"shipping": {"recipient": canaries.FULL_NAME, "phone": canaries.LOCAL_PHONE}},
    "contact": [canaries.EMAIL, {"email": canaries.EMAIL}],
}
CONTEXT = {
    "traits": TRAIT_FIELDS,
    "page": {"url": PROPERTY_FIELDS["url"], "search": canaries.EMAIL},
}
CALL_FIELDS = {"userId": canaries.EMAIL, "anonymousId": "a1", "timestamp": TIME, "context": CONTEXT}
CALL_BODIES: dict[str, dict[str, Any]] = {
    "identify": CALL_FIELDS | {"traits": TRAIT_FIELDS},
    "track": CALL_FIELDS | {"event": "Product Viewed", "properties": PROPERTY_FIELDS},
    "page": CALL_FIELDS | {"name": "Home", "properties": PROPERTY_FIELDS},
    "screen": CALL_FIELDS | {"name": "Home", "properties": PROPERTY_FIELDS},
    "group": CALL_FIELDS | {"groupId": "g1", "traits": TRAIT_FIELDS},
    "alias": CALL_FIELDS | {"previousId": canaries.PHONE},
    "batch": {
        "batch": [
            CALL_FIELDS | {"type": "identify", "traits": TRAIT_FIELDS},
            CALL_FIELDS | {"type": "track", "event": "Signed Up", "properties": PROPERTY_FIELDS},
            {"type": "track", "properties": PROPERTY_FIELDS},  # has no event name
        ],
        "context": CONTEXT,
    },
}
