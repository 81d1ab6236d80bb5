"""The demo: who is worth saving, and the deliveries of the sample shop."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.cli.demo import report, report_text
from infra.local import sample_deliveries, sample_shop

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def shop() -> sample_shop.SampleShop:
    return sample_shop.open_shop(NOW)


def test_sample_ends_within_the_last_week(shop: sample_shop.SampleShop) -> None:
    newest = max(datetime.fromisoformat(line["occurred_at"]) for line in shop.lines)
    assert timedelta(0) <= NOW - newest < timedelta(weeks=1)


def test_sample_moves_by_whole_weeks(shop: sample_shop.SampleShop) -> None:
    # The shop never sold on a Saturday.
    weekdays = {datetime.fromisoformat(line["occurred_at"]).weekday() for line in shop.lines}
    assert weekdays == {0, 1, 2, 3, 4, 6}


def test_sample_names_nobody_real(shop: sample_shop.SampleShop) -> None:
    assert all(line["email"].endswith("@example.com") for line in shop.lines)


def test_shopify_order_is_signed_over_its_bytes(shop: sample_shop.SampleShop) -> None:
    first, second = (sample_deliveries.build_order(shop, key, NOW) for key in ("secret", "other"))
    assert first.body == second.body
    assert first.headers["x-shopify-hmac-sha256"] != second.headers["x-shopify-hmac-sha256"]


def person(id_: str, spent: str, probability: float | None, **changes: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "churn": {"probability": probability, "band": changes.get("band", "high")},
        "lifecycle": {"stage": changes.get("stage", "at_risk")},
        "orders": {"count": changes.get("count", 3), "spent": [{"amount": spent}]},
    }


def test_worth_saving_ranks_by_money_at_stake() -> None:
    people = [person("a", "100.00", 0.5), person("b", "100.00", 0.9), person("c", "500.00", 0.4)]
    assert [one["id"] for one in report.rank_worth_saving(people)] == ["c", "b", "a"]


@pytest.mark.parametrize("change", [{"band": "low"}, {"stage": "lost"}, {"count": 1}])
def test_worth_saving_leaves_out_the_safe_and_the_lost(change: dict[str, Any]) -> None:
    assert report.rank_worth_saving([person("a", "100.00", 0.5, **change)]) == []


def test_report_keeps_the_schemes_of_segments_apart() -> None:
    facts = {
        "segments": [
            {"scheme": scheme, "title": title, "size": 1, "description": "They buy."}
            for scheme, title in (("rfm", "Loyal"), ("kmeans", "Evening buyers"), ("rfm", "Lost"))
        ]
    }
    schemes = [
        report_text._describe_scheme(*pair, facts) for pair in report_text.SCHEME_HEADINGS.items()
    ]
    assert [len(lines) for lines in schemes] == [4, 3]
    assert not [line for line in schemes[0] if "Evening" in line]
    assert report_text._describe_scheme("kmeans", "Clusters", {"segments": []}) == []
