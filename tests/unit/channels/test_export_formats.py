"""A file is told by its headings, whatever their order, case and company; what is none is told clearly."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regulars.channels.exports.recognition import recognize_format
from regulars.channels.exports.refusals import REFUSAL_REASONS
from regulars.channels.registry import load_export_formats
from regulars.domain.errors import InvalidRequestError
from tests.support.deliveries import consent_statuses
from tests.support.export_files import import_content, to_csv
from tests.unit.channels import test_provider_exports as providers
from tests.unit.channels import test_shopify_export as shopify

ORDER_LINE = {
    "email": "zebedee@example.com",
    "order_id": "o1",
    "occurred_at": "2026-11-01",
    "product_id": "p1",
    "quantity": "1",
    "unit_price": "3.00",
}
CONTACT = {"Full Name": "José", "E-Mail": "zebedee@example.com", "Opt in": "ja", "Date": ""}
EXPORTS = {
    "Shopify orders": ("shopify/shop.example.com/", shopify.ORDER_ROW),
    "Shopify customers": ("shopify/shop.example.com/", shopify.CUSTOMER_ROW),
    "Stripe payments": ("stripe/main/", providers.STRIPE_PAYMENT),
    "Stripe customers": ("stripe/main/", providers.STRIPE_CUSTOMER),
    "WooCommerce orders": ("woocommerce/main/", providers.WOOCOMMERCE_ORDER),
    "Square items": ("square/main/", providers.SQUARE_ITEM),
    "Mailchimp audience": ("mailchimp/main/", providers.MAILCHIMP_MEMBER),
    "Order lines": ("", ORDER_LINE),
    "Contacts": ("", CONTACT),
}
NAME = "subscribed_export.csv"


def test_every_format_has_an_export_here() -> None:
    assert {*EXPORTS} == {format_.title for format_ in load_export_formats()}


@pytest.mark.parametrize("title", EXPORTS)
@pytest.mark.parametrize("change", [str.upper, str.lower, lambda heading: f" {heading} "])
def test_format_is_told_by_headings_in_any_order_case_and_company(
    title: str, change: Callable[[str], str]
) -> None:
    folder, row = EXPORTS[title]
    row = {change(heading): cell for heading, cell in reversed(row.items())}
    told = import_content([{"My own": "x"} | row], NAME, folder)
    assert (told.format, told.refusals) == (title, {})
    assert told.events


@pytest.mark.parametrize("title", EXPORTS)
@pytest.mark.parametrize("delimiter", [",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_format_is_told_in_any_delimiter_and_encoding(
    title: str, delimiter: str, encoding: str
) -> None:
    folder, row = EXPORTS[title]
    told = import_content(to_csv([row], delimiter).encode(encoding), NAME, folder)
    assert (told.format, told.refusals) == (title, {})


@pytest.mark.parametrize("title", EXPORTS)
def test_what_is_told_is_history(title: str) -> None:
    folder, row = EXPORTS[title]
    events = import_content([row], NAME, folder).events
    assert all(event.backfill for event in events)
    assert "zebedee@" not in str(events).lower()


@pytest.mark.parametrize("title", EXPORTS)
def test_same_rows_in_a_later_file_are_the_same_events(title: str) -> None:
    folder, row = EXPORTS[title]
    first = import_content([row], NAME, folder).events
    later = import_content([row], f"b_{NAME}", folder, "2026-11-22T11:00:00.000Z").events
    assert [event.id for event in first] == [event.id for event in later]


@pytest.mark.parametrize(
    ("headings", "code", "said"),
    [
        ("kind,price", "unknown_format", "Understood are"),
        (
            "Name,Email,Financial Status,Created at,Total,Lineitem name",
            "missing_columns",
            "Lineitem price",
        ),
        ("email,order_id", "missing_columns", "unit_price"),
        ("Pedido,Correo,Fecha", "unknown_format", "English headings"),
    ],
)
def test_file_of_no_format_is_told_what_is_missing(headings: str, code: str, said: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        recognize_format(load_export_formats(), headings.lower().split(","))
    assert refused.value.code == code
    assert said in str(refused.value)


@pytest.mark.parametrize("folder", ["", "stripe/", "woocommerce/main/", "stripe/ /", "stripe/a/b/"])
def test_file_that_does_not_say_whose_it_is_is_refused(folder: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        import_content([providers.STRIPE_PAYMENT], folder=folder)
    assert refused.value.code == "missing_account"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF"),
        (b"PK\x03\x04\x14\x00\x06\x00", "Excel"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Excel"),
        (b"\x1f\x8b\x08\x00\x00\x00", "gzip"),
        (b"<!doctype html>", "web page"),
        (b'{"a": 1}', "JSON"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "a picture"),
        (b"\x00\x01\x02\x03", "no text"),
        (b"", "empty"),
    ],
)
def test_file_that_is_no_csv_is_told_what_it_is(content: bytes, said: str) -> None:
    with pytest.raises(InvalidRequestError, match=said):
        import_content(content)


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({"Opt in": "yes", "Date": "31/12/2025"}, [("granted", "2025-12-31T00:00:00.000Z")]),
        ({"Opt in": "no", "Date": "31.12.2025"}, [("denied", "2025-12-31T00:00:00.000Z")]),
        ({"Opt in": "yes", "Date": "01/02/2025"}, [("granted", "1990-01-01T00:00:00.000Z")]),
        ({"Opt in": "perhaps"}, []),
    ],
)
def test_contact_s_consent_is_what_the_box_says_on_its_day(
    changes: dict[str, str], kept: list[tuple[str, str]]
) -> None:
    (event,) = import_content([CONTACT | changes]).events
    assert [(one.status, one.at) for one in event.consents] == kept
    assert len(consent_statuses(event)) == len(kept)


def test_contact_whose_phone_a_spreadsheet_rounded_keeps_the_address() -> None:
    (draft,) = import_content([CONTACT | {"Mobile": "1.41555E+10"}]).drafts
    assert [one.namespace for one in draft.identifiers] == ["email"]


CELLS = st.text(max_size=6) | st.sampled_from(
    [
        *("", "-1", "1e999999", "9" * 40, "2026-13-45", "12/31/1899", "32/32/2020", "=1+1", "NaN"),
        *("canary@example.com", "\x00", '"', "\u0663", "(5", "1,2,3", "99:99", "Feb 30, 2020"),
    ]
)
SLOW_TEXTS = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("title", EXPORTS)
@SLOW_TEXTS
@given(data=st.data())
def test_damaged_file_is_told_line_by_line_and_never_a_fault(
    title: str, data: st.DataObject
) -> None:
    folder, row = EXPORTS[title]
    changes = st.dictionaries(st.sampled_from(sorted(row)), CELLS, max_size=6)
    rows = data.draw(st.lists(changes.map(lambda change: row | change), min_size=1, max_size=3))
    told = import_content(rows, NAME, folder)
    assert {*told.refusals.values()} <= {*REFUSAL_REASONS}
    assert "canary@" not in str(told.events)


@pytest.mark.parametrize("title", EXPORTS)
@SLOW_TEXTS
@given(tail=st.binary(max_size=200))
def test_any_bytes_behind_the_headings_are_told_line_by_line(title: str, tail: bytes) -> None:
    folder, row = EXPORTS[title]
    told = import_content(",".join(row).encode() + b"\n" + tail, NAME, folder)
    assert {*told.refusals.values()} <= {*REFUSAL_REASONS}
