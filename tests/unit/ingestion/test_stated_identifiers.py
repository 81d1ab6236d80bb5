"""A message that anybody can send names one identifier of each kind, however many it holds."""

import json
from collections import Counter
from typing import Any

import msgspec
import pytest

from regulars.channels.contract import Draft
from regulars.channels.forms.html_form import translate_delivery
from regulars.channels.tracking.messages import translate_message
from regulars.domain.identifiers import Identifier
from regulars.ingestion.stated_identifiers import DROPPED_PROPERTY, limit_identifiers
from tests.support.deliveries import form_delivery, json_delivery

ADDRESSES = [f"person{number}@shop.example" for number in range(60)]
PHONES = [f"+4420794600{number}" for number in range(10, 20)]
EXTERNAL_ADDRESSES = [{"type": "email", "id": address} for address in ADDRESSES]
EXTERNAL_PHONES = [{"type": "phone", "id": phone} for phone in PHONES]
EXTERNAL_IDS = [
    {"type": kind, "id": f"{kind}-{number}"}
    for kind in ("user_id", "anonymous_id")
    for number in range(9)
]
ATTACK_MESSAGES: dict[str, dict[str, Any]] = {
    "external ids": {"context": {"externalIds": EXTERNAL_ADDRESSES}},
    "external ids of all kinds": {
        "userId": "u1",
        "context": {"externalIds": [*EXTERNAL_ADDRESSES, *EXTERNAL_PHONES, *EXTERNAL_IDS]},
    },
    "traits and context": {
        "traits": {"email": ADDRESSES[0], "phone": PHONES[0]},
        "context": {"traits": {"email": ADDRESSES[1], "phone": PHONES[1]}},
    },
    "traits and external ids": {
        "traits": {"email": ADDRESSES[0]},
        "context": {"externalIds": EXTERNAL_ADDRESSES},
    },
    "user id that is an address": {"userId": ADDRESSES[0], "traits": {"email": ADDRESSES[1]}},
    "user id that is an address in other spelling": {
        "userId": f"mailto:{ADDRESSES[0].upper()}",
        "context": {"traits": {"email": f"Somebody <{ADDRESSES[1]}>"}},
    },
    "external user id that is an address": {
        "traits": {"email": ADDRESSES[1]},
        "context": {"externalIds": [{"type": "user_id", "id": ADDRESSES[0]}]},
    },
    "two devices": {
        "anonymousId": "a1",
        "context": {"externalIds": [{"type": "anonymous_id", "id": "a2"}]},
    },
    "alias of two users": {"type": "alias", "userId": "u1", "previousId": "u2"},
    "alias of two addresses": {
        "type": "alias",
        "userId": ADDRESSES[0],
        "previousId": ADDRESSES[1],
    },
    "alias of an address and a user": {
        "type": "alias",
        "traits": {"email": ADDRESSES[0]},
        "previousId": "u2",
    },
    "alias with contact data": {
        "type": "alias",
        "userId": "u1",
        "previousId": "a1",
        "traits": {"email": ADDRESSES[0], "phone": PHONES[0]},
    },
}


def translate(message: dict[str, Any], trust: str = "") -> Draft:
    raw = json.dumps({"type": "identify", "anonymousId": "a1"} | message).encode()
    return translate_message(raw, json_delivery({}), trust=trust)


def count_kinds(draft: Draft) -> Counter[str]:
    return Counter(identifier.namespace for identifier in draft.identifiers)


def list_values(draft: Draft) -> list[tuple[str, str]]:
    return sorted((one.namespace, one.value) for one in draft.identifiers)


@pytest.mark.parametrize("attack", ATTACK_MESSAGES.values(), ids=ATTACK_MESSAGES)
def test_browser_names_one_identifier_of_each_kind(attack: dict[str, Any]) -> None:
    sent = translate(attack)
    limited = limit_identifiers(sent)
    assert max(count_kinds(limited).values()) == 1
    assert limited.event.properties[DROPPED_PROPERTY] == len(sent.identifiers) - len(
        limited.identifiers
    )


@pytest.mark.parametrize("attack", ATTACK_MESSAGES.values(), ids=ATTACK_MESSAGES)
def test_server_names_all_identifiers(attack: dict[str, Any]) -> None:
    sent = translate(attack, "server")
    assert limit_identifiers(sent) is sent


@pytest.mark.parametrize(
    "attack", [attack for attack in ATTACK_MESSAGES.values() if attack.get("type") == "alias"]
)
def test_alias_of_a_browser_names_one_known_value(attack: dict[str, Any]) -> None:
    limited = limit_identifiers(translate(attack))
    known = {one.value for one in limited.identifiers if one.namespace != "anonymous_id"}
    assert len(known) == 1


def test_first_identifier_of_each_kind_is_kept() -> None:
    attack = {
        "userId": "u1",
        "traits": {"email": ADDRESSES[5]},
        "context": {
            "traits": {"email": ADDRESSES[6], "phone": PHONES[3]},
            "externalIds": [*EXTERNAL_ADDRESSES, *EXTERNAL_PHONES, *EXTERNAL_IDS],
        },
    }
    assert list_values(limit_identifiers(translate(attack))) == [
        ("anonymous_id", "a1"),
        ("email", ADDRESSES[5]),
        ("phone", PHONES[3]),
        ("user_id", "u1"),
    ]


def test_alias_of_a_browser_names_its_previous_device() -> None:
    limited = limit_identifiers(translate({"type": "alias", "userId": "u1", "previousId": "a0"}))
    assert list_values(limited) == [("anonymous_id", "a0"), ("user_id", "u1")]


def test_contact_data_holds_no_identifier_that_was_dropped() -> None:
    sent = translate(
        {"userId": ADDRESSES[0], "traits": {"email": ADDRESSES[1], "firstName": "Uma"}}
    )
    assert sent.contact["email"] == ADDRESSES[1]
    assert limit_identifiers(sent).contact == {"email": ADDRESSES[0], "first_name": "Uma"}


def test_ordinary_message_of_a_browser_is_unchanged() -> None:
    sent = translate({"userId": "u1", "traits": {"email": ADDRESSES[0], "phone": PHONES[0]}})
    assert limit_identifiers(sent) is sent


def test_form_names_one_address() -> None:
    fields = {"email": ADDRESSES[0], "phone": PHONES[0]}
    (sent,) = translate_delivery(form_delivery(fields))
    friend = Identifier("email", ADDRESSES[1])
    crafted = msgspec.structs.replace(sent, identifiers=(*sent.identifiers, friend))
    assert limit_identifiers(crafted).identifiers == sent.identifiers


def test_customer_numbers_of_each_provider_are_a_kind() -> None:
    numbers = [Identifier("customer", text, scope) for scope in ("a/x", "b/x") for text in "12"]
    sent = translate({})
    crafted = msgspec.structs.replace(sent, identifiers=tuple(numbers))
    assert limit_identifiers(crafted).identifiers == (numbers[0], numbers[2])
