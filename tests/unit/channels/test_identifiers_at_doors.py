"""Test that every door cleans identifiers alike, and that an order whose buyer sent a worthless one is recorded."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from regulars.channels.commerce.woocommerce import webhook as woocommerce
from regulars.channels.contract import Draft
from regulars.channels.drafts.form_answers import FormAnswer
from regulars.channels.drafts.submissions import Submission, build_submission_draft
from regulars.channels.fields.person import PersonBuilder
from regulars.channels.tracking.messages import translate_message
from regulars.domain.errors import InvalidEventError
from tests.conformance.provider_files import SHARED_FOLDER
from tests.support.deliveries import NOW, json_delivery

CASES_FOLDER = SHARED_FOLDER / "cases"
ADDRESS = "uma@copy.example"

needs_cases = pytest.mark.skipif(not CASES_FOLDER.exists(), reason="the shared cases are absent")


def translate_order(**billing: str) -> Draft:
    """Return the draft of a guest's order with this contact data."""
    body: dict[str, Any] = {"id": 7, "status": "processing", "currency": "EUR", "total": "10.00"}
    body |= {"date_created_gmt": "2026-11-20T08:00:00", "date_modified_gmt": "2026-11-20T08:00:00"}
    return translate_body(body | {"customer_id": 0, "billing": billing, "line_items": []})


def translate_body(body: dict[str, Any]) -> Draft:
    request = json_delivery(body, x_wc_webhook_topic="order.created")
    return woocommerce.translate_delivery(request)[0]


def track_message(**message: Any) -> Draft:
    raw = json.dumps({"type": "track", "event": "Signed Up"} | message).encode()
    return translate_message(raw, json_delivery({}))


def submit_form(*answers: FormAnswer) -> Draft:
    submission = Submission(
        key=("s1",), at=NOW - timedelta(minutes=1), form_id="f", answers=answers
    )
    return build_submission_draft("tally", json_delivery({}), submission)


def list_names(draft: Draft) -> list[tuple[str, str]]:
    return [(identifier.namespace, identifier.value) for identifier in draft.identifiers]


def read_orders(case: str) -> list[Draft]:
    paths = sorted((CASES_FOLDER / case).glob("*order.created.json"))
    return [translate_body(json.loads(path.read_text())) for path in paths]


def read_messages(path: Path) -> list[Draft]:
    return [translate_message(line, json_delivery({})) for line in path.read_bytes().splitlines()]


def test_order_with_a_placeholder_number_is_recorded_for_its_address() -> None:
    draft = translate_order(email=ADDRESS, phone="0000000000", country="US")
    assert draft.event.order is not None
    assert list_names(draft) == [("email", ADDRESS)]
    assert "phone" not in draft.contact


def test_contact_data_is_the_cleaned_address() -> None:
    draft = translate_order(email=f"Uma <mailto:{ADDRESS}>;", first_name="Uma")
    assert draft.contact == {"email": ADDRESS, "first_name": "Uma"}


def test_user_id_that_is_an_address_is_contact_data_until_an_address_is_sent() -> None:
    draft = track_message(userId="Uma@Copy.example")
    assert list_names(draft) == [("user_id", ADDRESS), ("email", ADDRESS)]
    assert draft.contact == {"email": ADDRESS}
    draft = track_message(userId=ADDRESS, traits={"email": "new@copy.example"})
    assert draft.contact == {"email": "new@copy.example"}


def test_tracking_reads_no_placeholder_from_any_field() -> None:
    external_ids = [{"type": "user_id", "id": "{{id}}"}, {"type": "phone", "id": "1234567890"}]
    message = {"userId": "noreply@copy.example", "anonymousId": "a1", "traits": {"email": "a@a.aa"}}
    draft = track_message(**message, context={"externalIds": external_ids})
    assert list_names(draft) == [("anonymous_id", "a1")]


def test_alias_of_a_placeholder_links_nothing() -> None:
    draft = track_message(type="alias", userId="u1", previousId="'undefined'")
    assert list_names(draft) == [("user_id", "u1")]


def test_message_with_placeholders_only_is_refused() -> None:
    with pytest.raises(InvalidEventError) as refused:
        track_message(userId="[object Object]", anonymousId="{}")
    assert refused.value.code == "missing_identity"


def test_form_reads_the_first_answer_that_fits() -> None:
    draft = submit_form(
        FormAnswer(("user_id",), "{{user_id}}", "hidden"),
        FormAnswer(("user_id",), ADDRESS, "hidden"),
        FormAnswer(("phone",), "0000000000", "phone"),
        FormAnswer(("phone",), "020 7946 0018", "phone"),
    )
    assert list_names(draft) == [
        ("phone", "+442079460018"),
        ("user_id", ADDRESS),
        ("email", ADDRESS),
    ]


def test_second_address_does_not_replace_the_first_in_the_contact_data() -> None:
    person = PersonBuilder("GB")
    for address in (ADDRESS, "second@copy.example"):
        person.add_identifier("email", address)
    assert person.contact == {"email": ADDRESS}


@needs_cases
def test_orders_with_placeholder_numbers_share_no_identifier() -> None:
    names = [list_names(draft) for draft in read_orders("09-placeholder-phone")]
    assert [[namespace for namespace, _ in each] for each in names] == [["email"]] * 5
    assert len({value for each in names for _, value in each}) == len(names)


@needs_cases
def test_messages_with_placeholder_ids_name_their_device_only() -> None:
    drafts = read_messages(CASES_FOLDER / "15-placeholder-ids" / "messages.jsonl")
    assert drafts
    assert {namespace for draft in drafts for namespace, _ in list_names(draft)} == {"anonymous_id"}


@needs_cases
def test_orders_with_debris_around_the_address_are_of_one_person() -> None:
    drafts = read_orders("21-email-with-debris")
    assert [list_names(draft) for draft in drafts] == [[("email", ADDRESS)]] * 8
    assert {draft.contact["email"] for draft in drafts} == {ADDRESS}


@needs_cases
def test_landline_of_a_family_stays_an_identifier() -> None:
    for draft in read_orders("22-family-phone"):
        assert ("phone", "+442079460018") in list_names(draft)
