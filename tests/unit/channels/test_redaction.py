"""Test that redaction keeps the properties of products and removes personal ones."""

from typing import Any

import pytest

from regulars.channels.fields.phones import to_e164
from regulars.channels.fields.redaction import MAX_ENTRIES, clean_text, clean_url, redact_properties
from tests.support.work_counter import assert_linear_work


@pytest.mark.parametrize(
    "properties",
    [
        {"product_id": "4500000000001"},
        {"order_id": 450789469000, "coupon": "AUTUMN10"},
        {"query": "oolong tea", "position": 3, "in_stock": True},
        {"sorts": [{"type": "price", "value": "desc"}]},
        {"shown_at": "2026-11-22T10:00:00Z"},
        {"price": 12.5},
    ],
)
def test_properties_of_a_shop_are_unchanged(properties: dict[str, Any]) -> None:
    assert redact_properties(properties) == properties


@pytest.mark.parametrize(
    "properties",
    [
        {"email": "x"},
        {"Customer_Email": "x"},
        {"first_name": "x"},
        {"shippingAddress": "x"},
        {"message": "x"},
        {"password": "x"},
        {"ip": "203.0.113.9"},
        {"anything": "to ann@example.com"},
        {"url": "https://shop.example.com/u/ann@example.com"},
        {"query": "call +44 20 7946 0018"},
        {"search": "020 7946 0018"},
        {"affiliation": "+44 20 7946 0018"},
        {"title": "x" * 245 + " ann@example.com"},
        {"term": "ann\uff20example.com"},
        {"referrer": "#first_name=Ann"},
        {"digits": 442079460018},
        {"a": {"b": {"c": {"d": 1}}}},
        {"price": 1e300},
        {"nothing": None},
    ],
)
def test_personal_and_unbounded_properties_are_removed(properties: dict[str, Any]) -> None:
    assert redact_properties(properties) == {}


def test_properties_are_bounded_in_number_and_length() -> None:
    properties = redact_properties({f"k{number}": "x" * 1_000 for number in range(200)})
    lengths = {len(text) for text in properties.values()}
    assert (len(properties), lengths) == (MAX_ENTRIES, {256})


@pytest.mark.parametrize(
    ("url", "cleaned_url"),
    [
        ("https://a.example/p?utm_source=n&x=1#f", "https://a.example/p?utm_source=n"),
        ("https://user:pw@a.example/p", "https://a.example/p"),
        ("/p?utm_term=ann%40example.com", "/p"),
        ("https://[broken", ""),
        ("shop.example.com/p?first_name=Ann", "shop.example.com/p"),
    ],
)
def test_url_keeps_only_its_campaign(url: str, cleaned_url: str) -> None:
    assert clean_url(url) == cleaned_url


def test_text_loses_its_query_even_without_a_scheme() -> None:
    assert redact_properties({"url": "www.example.com/p?first_name=Ann"}) == {
        "url": "www.example.com/p"
    }


@pytest.mark.parametrize("piece", ["x", "x.", "x@", "%40", "1-", "1-2"])
def test_search_of_a_long_text_is_constant_work(piece: str) -> None:
    assert_linear_work(
        lambda repeats: redact_properties({"k": piece * repeats}), 5_000, max_growth=1
    )


def test_name_is_cut_only_after_it_was_scanned() -> None:
    assert clean_text("x" * 245 + " ann@example.com") == ""
    assert clean_text("x" * 300) == "x" * 256


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("020 7946 0018", "+442079460018"),
        ("+44 (0)20 7946 0018", "+442079460018"),
        ("whatsapp:+33612345678", "+33612345678"),
        ("'+33612345678", "+33612345678"),
        ("12", ""),
        ("call me", ""),
        ("9" * 100, ""),
    ],
)
def test_phone_is_e164_or_nothing(text: str, number: str) -> None:
    assert to_e164(text, "GB") == number
