"""`regulars privacy`: what is written out about a person, and which requests are open."""

import json
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from regulars.domain.events import ConsentChange, Item, OrderFact
from regulars.identity.decisions import build_decision_event
from regulars.store.contacts import Contacts
from regulars.store.rejects import Reject, Rejects
from tests.cli.conftest import CommandLine
from tests.support.aws import MotoStack
from tests.support.contacts import build_contact_statement
from tests.support.served_shop import (
    ANN_PROFILE,
    ANN_SUBJECT,
    BEN_SUBJECT,
    LATER_TIME,
    SHOP_TIME,
    build_event,
    fill_tables,
    fold_events,
)

EMAIL = "ann@example.com"


@pytest.fixture
def shop(aws: MotoStack) -> MotoStack:
    fill_tables(aws)
    return aws


@pytest.fixture
def export(cli: CommandLine, tmp_path: Path) -> Any:
    """Export a person; return the document and the page."""

    def export_person(person: str = EMAIL) -> tuple[dict[str, Any], str]:
        cli.result("privacy", "export", person, "--output", tmp_path)
        document = json.loads((tmp_path / "person.json").read_text())
        return document, (tmp_path / "person.html").read_text()

    return export_person


def request_privacy(aws: MotoStack, name: str, type_: str, *subjects: str) -> str:
    event = build_event(name, type_, LATER_TIME, *subjects, trust="verified")
    fold_events(aws, event)
    return event.id


def test_export_names_an_identifier_in_clear_where_contact_data_knows_it(
    shop: MotoStack, export: Any
) -> None:
    document, page = export()
    values = {one["kind"]: one["value"] for one in document["identifiers"]}
    assert values == {"email": EMAIL, "user_id": None}
    assert "stored only as a code that cannot be read back" in page


def test_export_has_contact_facts_with_source_and_claims(shop: MotoStack, export: Any) -> None:
    (_, email) = export()[0]["contact_facts"][::-1]
    assert {name: email[name] for name in ("field", "value", "stated_at", "in_use")} == {
        "field": "email",
        "value": EMAIL,
        "stated_at": SHOP_TIME,
        "in_use": True,
    }
    assert email["source"]


def test_export_has_consent_with_wording_source_and_address(shop: MotoStack, export: Any) -> None:
    change = ConsentChange(
        channel="email", status="granted", at=LATER_TIME, basis="form", wording="v3"
    )
    fold_events(
        shop,
        build_event("9", "Subscribed", LATER_TIME, ANN_SUBJECT, consents=(change,), trust="server"),
    )
    document, page = export()
    (consent,) = document["consents"]
    assert (consent["address"], consent["wording"], consent["at"]) == (EMAIL, "v3", LATER_TIME)
    assert (consent["status"], consent["source"]) == ("granted", "segment/web")
    assert "Agreed" in page


def test_export_has_recommendations_with_product_names(shop: MotoStack, export: Any) -> None:
    document, page = export()
    (result,) = document["results"]
    assert result["product_names"] == {"cup": "Cup", "jug": "Jug", "pot": "Tea pot"}
    assert "<td>Jug</td>" in page


def test_export_has_events_that_are_counted_for_another_person(
    shop: MotoStack, export: Any
) -> None:
    """A browser cannot join two people, but its event names both."""
    granted = ConsentChange(
        channel="email", status="granted", at=LATER_TIME, address="e:bbbbbbbbbbbbbbbb"
    )
    both = (BEN_SUBJECT, ANN_SUBJECT)
    fold_events(shop, build_event("both", "Product Viewed", LATER_TIME, *both, consents=(granted,)))
    (event,) = (one for one in export()[0]["events"] if one["type"] == "Product Viewed")
    assert (event["counted_here"], event["subjects"]) == (False, [ANN_SUBJECT])
    assert event["consents"] == []


def test_export_lists_the_rejects_that_contain_an_address(shop: MotoStack, export: Any) -> None:
    raws = (b'{"email": "Ann@Example.com"}', b"email=ann%40example.com", b"ben@example.com")
    rejects = [
        Reject(code="invalid", reason=f"No {number}.", source="form/a", raw=raw)
        for number, raw in enumerate(raws)
    ]
    Rejects("test-rejects", shop.dynamodb).store_rejects(rejects, datetime.now(UTC))
    document, _ = export()
    assert sorted(one["reason"] for one in document["rejects"]) == ["No 0.", "No 1."]


def test_page_escapes_what_a_stranger_sent(shop: MotoStack, export: Any) -> None:
    name = "<script>alert('x')</script>"
    statement = build_contact_statement(ANN_SUBJECT, {"last_name": name}, LATER_TIME)
    Contacts("test-contacts", shop.dynamodb).store_statements([statement])
    page = export()[1]
    assert "<script" not in page
    assert name in unescape(page)


def test_page_loads_nothing(shop: MotoStack, export: Any) -> None:
    page = export()[1]
    assert "default-src &#x27;none&#x27;" in page
    assert not any(text in page for text in ("src=", "href=", "url(", "@import"))


def test_files_can_be_read_by_their_owner_only(
    shop: MotoStack, export: Any, tmp_path: Path
) -> None:
    export()
    export()
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("zoe@example.com", "No person is known"),
        ("", "No person is known"),
        ("nobody@example.com", "identifies nobody"),
        ("x" * 3000, "an identifier has at most 256 characters"),
    ],
)
def test_unknown_person_is_an_error_without_files(
    shop: MotoStack, cli: CommandLine, tmp_path: Path, name: str, message: str
) -> None:
    folder = tmp_path / "out"
    errors = cli.errors("privacy", "export", name, "--output", folder, code=1)
    assert message in errors
    assert not folder.exists()


def test_requests_are_listed_until_they_are_answered(
    shop: MotoStack, cli: CommandLine, export: Any
) -> None:
    access = request_privacy(shop, "r1", "Customer Data Requested", ANN_SUBJECT)
    erasure = request_privacy(shop, "r2", "Customer Deletion Requested", BEN_SUBJECT)
    requests = {one["id"]: one for one in cli.result("privacy", "requests")}
    assert {id_: one["kind"] for id_, one in requests.items()} == {
        access: "access",
        erasure: "erasure",
    }
    assert requests[access]["profile_id"] == ANN_PROFILE
    assert requests[access]["due_at"][:10] == "2026-02-02"
    export()
    assert [one["id"] for one in cli.result("privacy", "requests")] == [erasure]
    cli.result("privacy", "requests", "--answered", erasure)
    assert cli.output("privacy", "requests").strip() == "No request is open."
    assert len(cli.result("privacy", "requests", "--all")) == 2


def test_unknown_request_cannot_be_answered(shop: MotoStack, cli: CommandLine) -> None:
    errors = cli.errors("privacy", "requests", "--answered", "nothing", code=1)
    assert "There is no privacy request nothing." in errors


def test_export_has_every_order_of_a_person_with_many_events(shop: MotoStack, export: Any) -> None:
    """After some events, the keys of a profile's orders are stored on pages beside it."""
    for number in range(60):
        order = OrderFact(key=f"shop/n{number}", version=SHOP_TIME, total=100, currency="GBP")
        item = Item(product_id="tin", price=100)
        fold_events(
            shop,
            build_event(
                f"n{number}", "Order Completed", SHOP_TIME, ANN_SUBJECT, order=order, items=(item,)
            ),
        )
    orders = export()[0]["orders"]
    assert len({order["order"] for order in orders}) == len(orders) == 61
    assert {order["items"][0]["name"] for order in orders} == {"Tea pot", "Tin"}


def test_export_leaves_out_the_identifiers_of_separated_people(
    shop: MotoStack, cli: CommandLine, export: Any
) -> None:
    decision = build_decision_event("separate", [ANN_SUBJECT], [BEN_SUBJECT], datetime.now(UTC))
    fold_events(shop, decision)
    document, page = export()
    (shown,) = document["decisions"]
    assert (shown["left"], shown["right"]) == ([ANN_SUBJECT], [])
    assert BEN_SUBJECT not in json.dumps(document)
    assert "Separate" in page
