"""Whatever a browser puts into a message, its event names one identifier of each kind, and a server's event names all."""

import json
from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from regulars.channels.contract import Draft
from regulars.channels.tracking.messages import translate_message
from regulars.ingestion.stated_identifiers import DROPPED_PROPERTY, limit_identifiers
from tests.support.deliveries import json_delivery

ADDRESSES = st.integers(0, 59).map(lambda number: f"person{number}@shop.example")
SPELLED_ADDRESSES = st.one_of(
    ADDRESSES, ADDRESSES.map(str.upper), ADDRESSES.map(lambda address: f"mailto:{address}")
)
PHONES = st.integers(10, 69).map(lambda number: f"+44 20 7946 00{number}")
IDS = st.one_of(SPELLED_ADDRESSES, st.integers(1, 60).map(lambda number: f"user-{number}"))
CONTACTS = st.fixed_dictionaries({}, optional={"email": SPELLED_ADDRESSES, "phone": PHONES})
EXTERNAL_IDS = st.one_of(
    st.tuples(st.just("email"), SPELLED_ADDRESSES),
    st.tuples(st.just("phone"), PHONES),
    st.tuples(st.sampled_from(["user_id", "anonymous_id"]), IDS),
).map(lambda pair: {"type": pair[0], "id": pair[1]})
CONTEXTS = st.fixed_dictionaries(
    {}, optional={"traits": CONTACTS, "externalIds": st.lists(EXTERNAL_IDS, max_size=9)}
)
MESSAGES = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["identify", "page", "track", "alias", "group"]),
        "anonymousId": st.sampled_from(["a1", "a2"]),
        "event": st.just("Signed Up"),
        "groupId": st.just("g1"),
        "properties": CONTACTS,
    },
    optional={"userId": IDS, "previousId": IDS, "traits": CONTACTS, "context": CONTEXTS},
)


def translate(message: dict[str, Any], trust: str) -> Draft:
    return translate_message(json.dumps(message).encode(), json_delivery({}), trust=trust)


@given(MESSAGES)
def test_browser_names_one_identifier_of_each_kind(message: dict[str, Any]) -> None:
    sent = translate(message, "")
    limited = limit_identifiers(sent)
    kinds = Counter(identifier.namespace for identifier in limited.identifiers)
    assert max(kinds.values()) == 1
    assert set(limited.identifiers) <= set(sent.identifiers)
    dropped_count = limited.event.properties.get(DROPPED_PROPERTY, 0)
    assert len(limited.identifiers) + dropped_count == len(sent.identifiers)


@given(MESSAGES.filter(lambda message: message["type"] == "alias"))
def test_alias_of_a_browser_names_one_known_value(message: dict[str, Any]) -> None:
    identifiers = limit_identifiers(translate(message, "")).identifiers
    assert len({one.value for one in identifiers if one.namespace != "anonymous_id"}) <= 1


@given(MESSAGES)
def test_contact_data_is_that_of_the_named_identifiers(message: dict[str, Any]) -> None:
    limited = limit_identifiers(translate(message, ""))
    named = {one.value for one in limited.identifiers}
    assert {
        limited.contact[name] for name in ("email", "phone") if name in limited.contact
    } <= named


@given(MESSAGES)
def test_server_names_all_identifiers(message: dict[str, Any]) -> None:
    sent = translate(message, "server")
    assert limit_identifiers(sent) is sent
