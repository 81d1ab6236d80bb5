"""Nobody changes the contact data of a known customer with the key that every page of the shop shows."""

import json
from base64 import b64encode
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from regulars.domain.contacts import Contact, choose_contacts
from regulars.settings import ReceiveWebhookSettings, TrackEventsSettings
from regulars.store.api_keys import ApiKeys
from regulars.store.contacts import Contacts
from regulars.store.sources import Source, Sources
from tests.functions.conftest import StackTables
from tests.support import shopify_deliveries as shopify
from tests.support.aws import MotoStack
from tests.support.gateway import http_event, load_handler

WRITE_KEY = "wk_public"
TRACK_HEADERS = {"Authorization": "Basic " + b64encode(f"{WRITE_KEY}:".encode()).decode()}
LATE_TIME = "2026-11-25T10:00:00.000Z"
EMAIL, PHONE = "zebedee@example.com", "+442079460018"
CUSTOMER_CONTACT = {"email": EMAIL, "phone": PHONE, "first_name": "Zebedee", "last_name": "Canary"}
FALSE_VALUES = {
    "firstName": "Eve",
    "lastName": "Evil",
    "name": "Eve Evil",
    "phone": "+442079460999",
}
EXTERNAL_ID = {"id": EMAIL, "type": "email", "collection": "users", "encoding": "none"}
# The messages of an attacker who knows the e-mail address or the phone number of a customer.
ATTACK_MESSAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "traits": ("identify", {"anonymousId": "eve", "traits": FALSE_VALUES | {"email": EMAIL}}),
    "user id": ("identify", {"userId": EMAIL, "traits": FALSE_VALUES}),
    "own user id": ("identify", {"userId": "eve", "traits": FALSE_VALUES | {"email": EMAIL}}),
    "phone": ("identify", {"anonymousId": "eve", "traits": FALSE_VALUES | {"phone": PHONE}}),
    "other address": (
        "identify",
        {
            "anonymousId": "eve",
            "traits": FALSE_VALUES | {"phone": PHONE, "email": "eve@example.com"},
        },
    ),
    "context": (
        "track",
        {"anonymousId": "e", "event": "Hi", "context": {"traits": FALSE_VALUES | {"email": EMAIL}}},
    ),
    "external ids": (
        "track",
        {
            "anonymousId": "eve",
            "event": "Hi",
            "context": {"externalIds": [EXTERNAL_ID], "traits": FALSE_VALUES},
        },
    ),
    "alias": (
        "alias",
        {"userId": EMAIL, "previousId": "eve", "context": {"traits": FALSE_VALUES}},
    ),
}

type PostOrder = Callable[..., None]
type PostMessage = Callable[..., None]


@pytest.fixture
def post_order(aws: MotoStack, monkeypatch: pytest.MonkeyPatch) -> PostOrder:
    """Deliver an order of Zebedee as Shopify signs it; `changes` are those of the order."""
    Sources("test-control", aws.dynamodb).save_source(Source(channel="shopify", source="main"))
    aws.put_secrets("shopify/main", shopify.SECRET)
    settings = aws.build_settings(ReceiveWebhookSettings)
    module, numbers = load_handler("receive_webhook", settings, monkeypatch), count(1)

    def post(**changes: Any) -> None:
        body = json.dumps(shopify.build_order(**changes)).encode()
        headers = shopify.build_headers(body, event_id=f"event-{next(numbers)}")
        response = module.handler(http_event("/hooks/shopify/main", body, headers), None)
        assert json.loads(response["body"])["new"] == 1

    return post


@pytest.fixture
def post_message(aws: MotoStack, monkeypatch: pytest.MonkeyPatch) -> PostMessage:
    """Send a message with the write key, later than the order."""
    keys = ApiKeys("test-control", aws.dynamodb)
    keys.register_key(WRITE_KEY, "browser", "the shop", "web", LATE_TIME)
    module = load_handler("track_events", aws.build_settings(TrackEventsSettings), monkeypatch)

    def post(type_: str, message: dict[str, Any]) -> None:
        event = http_event(f"/v1/{type_}", message | {"timestamp": LATE_TIME}, TRACK_HEADERS)
        assert module.handler(event, None)["statusCode"] == 200

    return post


def read_contact_of_everybody(aws: MotoStack, tables: StackTables) -> Contact:
    """Return the contact data that results if all subjects of the ledger were one person, the worst that could happen."""
    subjects = {subject for event in tables.list_events() for subject in event.subjects}
    return choose_contacts(Contacts("test-contacts", aws.dynamodb).read_facts(sorted(subjects)))


@pytest.mark.parametrize("attack", ATTACK_MESSAGES)
@pytest.mark.parametrize("is_first", [False, True])
def test_browser_does_not_change_the_contact_data_of_a_customer(
    aws: MotoStack,
    tables: StackTables,
    post_order: PostOrder,
    post_message: PostMessage,
    attack: str,
    is_first: bool,
) -> None:
    steps: list[Callable[[], None]] = [post_order, lambda: post_message(*ATTACK_MESSAGES[attack])]
    for step in steps[::-1] if is_first else steps:
        step()
    contact = read_contact_of_everybody(aws, tables)
    assert contact.values == CUSTOMER_CONTACT
    assert {claim.value for claim in contact.claims} <= {*FALSE_VALUES.values(), "eve@example.com"}


def test_owner_sees_what_a_browser_states_of_a_customer(
    aws: MotoStack, tables: StackTables, post_order: PostOrder, post_message: PostMessage
) -> None:
    post_order()
    post_message(*ATTACK_MESSAGES["traits"])
    claims = read_contact_of_everybody(aws, tables).claims
    names = {"first_name": "Eve", "last_name": "Evil", "name": "Eve Evil"}
    assert {claim.field: claim.value for claim in claims} == names | {
        "phone": FALSE_VALUES["phone"]
    }
    assert {claim.source for claim in claims} == {"segment/web"}


def test_claim_of_a_customer_takes_effect_when_the_shop_says_the_same(
    aws: MotoStack, tables: StackTables, post_order: PostOrder, post_message: PostMessage
) -> None:
    post_order()
    post_message("identify", {"userId": EMAIL, "traits": {"email": EMAIL, "firstName": "Zeb"}})
    claims = read_contact_of_everybody(aws, tables).claims
    assert [(claim.field, claim.value) for claim in claims] == [("first_name", "Zeb")]
    order = shopify.build_order()
    renamed = order["customer"] | {"first_name": "Zeb"}
    post_order(customer=renamed, updated_at=LATE_TIME, created_at=LATE_TIME)
    contact = read_contact_of_everybody(aws, tables)
    assert (contact.values["first_name"], contact.claims) == ("Zeb", ())
