"""The upload door: a founder's export goes in once, whatever its size and habits, and the report says what happened."""

import io
import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from regulars.channels.exports import order_lines
from regulars.ingestion.imports.csv_file import CsvFile
from regulars.settings import ImportHistorySettings
from regulars.store.ledger import Ledger
from tests.functions.conftest import Kept
from tests.support.aws import MotoStack
from tests.support.gateway import loaded

KEY = "imports/orders.csv"
HEADER = "customer_id,email,order_id,occurred_at,product_id,product_name,category,quantity,unit_price,currency"
LINE = "c1,zebedee@example.com,o1,2025-03-01T10:00:00Z,p1,Mug,Kitchen,2,12.50,EUR"

type Importer = Callable[..., dict[str, Any]]


class Deadline:
    """A Lambda context whose time is up after so many parts."""

    def __init__(self, parts: int = 10_000) -> None:
        self.parts = parts

    def get_remaining_time_in_millis(self) -> int:
        self.parts -= 1
        return 900_000 if self.parts > 0 else 1_000


def arrived(key: str) -> dict[str, Any]:
    return {"detail": {"bucket": {"name": "test-uploads"}, "object": {"key": key, "size": 1}}}


@pytest.fixture
def importer(aws: MotoStack, monkeypatch: pytest.MonkeyPatch) -> Importer:
    """Uploads a file, runs the handler and returns the report."""
    module = loaded("import_history", aws.build_settings(ImportHistorySettings), monkeypatch)

    def run(content: str | bytes) -> dict[str, Any]:
        body = content.encode() if isinstance(content, str) else content
        aws.s3.put_object(Bucket="test-uploads", Key=KEY, Body=body)
        module.handler(arrived(KEY), Deadline())
        report = aws.s3.get_object(Bucket="test-uploads", Key=f"{KEY}.report.json")["Body"].read()
        return dict(json.loads(report))

    return run


def lines(*rows: str, header: str = HEADER) -> str:
    return "\n".join((header, *rows)) + "\n"


def test_lines_of_an_order_become_one_event_wherever_they_stand(
    importer: Importer, kept: Kept
) -> None:
    other = LINE.replace("o1", "o2")
    report = importer(lines(LINE, other, LINE.replace("p1", "p2").replace("12.50", "1.25")))
    assert (report["rows"], report["imported"], report["orders"]) == (3, 3, 2)
    order = next(event for event in kept.events() if event.order and event.order.key == "shop/o1")
    assert [(item.product_id, item.quantity, item.price) for item in order.items] == [
        ("p1", 2, 1250),
        ("p2", 2, 125),
    ]
    assert order.order
    assert (order.order.total, order.order.currency, order.backfill) == (2750, "EUR", True)


def test_import_again_knows_every_line(importer: Importer, kept: Kept) -> None:
    importer(lines(LINE))
    report = importer(lines(LINE))
    assert (report["imported"], report["known"], report["known_orders"]) == (0, 1, 1)
    assert len(kept.events()) == 1


def test_contact_data_goes_to_people_alone(importer: Importer, kept: Kept) -> None:
    importer(lines(LINE))
    assert kept.contacts() == [{"email": "zebedee@example.com"}]
    assert "zebedee" not in kept.ledger_text()
    assert [key[0] for key in kept.events()[0].subjects] == ["u", "e"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("2025-03-01T10:00:00Z", "2999-01-01"), "future_date"),
        (("2025-03-01T10:00:00Z", "01/03/25"), "invalid_timestamp"),
        (("2025-03-01T10:00:00Z", ""), "invalid_timestamp"),
        (("12.50", "-12.50"), "negative_price"),
        (("12.50", "cheap"), "invalid_amount"),
        (("12.50", "1e999999999"), "invalid_amount"),
        (("2,12.50", "1000000,99999999"), "amount_too_large"),
        (("o1", "zebedee@example.com/1"), "personal_id"),
        (("p1", "+442079460018"), "personal_id"),
        (("12.50", '"12,50"'), "invalid_amount"),
        (("EUR", "DOUBLOON"), "unknown_currency"),
        (("EUR", "EUR,shifted"), "wrong_field_count"),
        ((",2,", ",0,"), "invalid_quantity"),
        ((",2,", ",1.5,"), "invalid_quantity"),
        ((",2,", ",many,"), "invalid_quantity"),
        ((",2,", ",-1,"), "return_line"),
        (("o1", ""), "missing_order_id"),
        (("p1", " "), "missing_product_id"),
        (("c1,zebedee@example.com", "guest,"), "missing_customer"),
        (("c1", "c2"), "customer_differs"),
        (("EUR", "USD"), "currency_differs"),
    ],
)
def test_refused_line_is_reported_and_does_not_lose_the_others(
    importer: Importer, kept: Kept, change: tuple[str, str], code: str
) -> None:
    report = importer(lines(LINE, LINE.replace(*change), LINE.replace("p1", "p2")))
    assert [(line["line"], line["code"]) for line in report["refusals"]] == [(3, code)]
    assert (report["imported"], report["refused"], report["reasons"]) == (2, 1, {code: 1})
    assert report["refusals"][0]["reason"]
    assert [len(event.items) for event in kept.events()] == [2]


@pytest.mark.parametrize("broken", ["order_line", "order_draft"])
def test_fault_of_ours_sets_a_line_aside_and_loses_no_other(
    importer: Importer, kept: Kept, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    works = getattr(order_lines, broken)

    def fails(*told: Any) -> Any:
        if "poison" in str(told):
            raise KeyError("zebedee@example.com")
        return works(*told)

    monkeypatch.setattr(order_lines, broken, fails)
    report = importer(lines(LINE, LINE.replace("o1", "poison"), LINE.replace("o1", "o3")))
    assert [(line["line"], line["code"]) for line in report["refusals"]] == [(3, "untranslatable")]
    assert (report["status"], report["imported"], len(kept.events())) == ("done", 2, 2)


def test_buyer_of_an_order_is_one_whichever_lines_name_them(importer: Importer, kept: Kept) -> None:
    named, mailed = LINE.replace("zebedee@example.com", ""), LINE.replace("c1", "")
    report = importer(lines(named, mailed, mailed.replace("zebedee", "anna")))
    assert report["reasons"] == {"customer_differs": 1}
    assert [len(event.subjects) for event in kept.events()] == [2]


@pytest.mark.parametrize(
    "later", [LINE, LINE.replace("12.50", "10.00"), LINE.replace(",2,", ",1,")]
)
def test_file_uploaded_later_wins(
    aws: MotoStack, importer: Importer, kept: Kept, later: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = lines(LINE.replace("12.50", "11.00"), LINE.replace("p1", "p2"))
    for year, content in ((2025, first), (2026, lines(later)), (2025, first)):
        uploaded_at(monkeypatch, f"{year}-11-01T10:00:00.000Z")
        importer(content)
    totals = {order.version: order.total for e in kept.events() if (order := e.order)}
    quantity, price = later.split(",")[7:9]
    assert totals[max(totals)] == int(quantity) * float(price) * 100
    assert max(totals) < "1990"


def uploaded_at(monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    """Whatever is uploaded from now on says that it was uploaded then."""
    monkeypatch.setattr("regulars.store.uploads.to_text", lambda _: at)


def test_fuller_telling_of_an_order_wins_after_refused_lines_are_put_right(
    importer: Importer, kept: Kept
) -> None:
    importer(lines(LINE, LINE.replace(",2,", ",many,")))
    importer(lines(LINE, LINE.replace(",2,", ",5,")))
    told = sorted(kept.events(), key=lambda event: event.order.version if event.order else "")
    assert [len(event.items) for event in told] == [1, 2]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "empty_file"),
        ("\n\n", "empty_file"),
        (HEADER.encode("utf-16"), "unsupported_encoding"),
        (lines(LINE, header=HEADER.replace("unit_price", "price")), "missing_columns"),
        (lines(LINE, header=HEADER.replace("customer_id,email", "who,mail")), "missing_columns"),
        (lines(f"{LINE},3", header=f"{HEADER},Quantity "), "repeated_columns"),
    ],
)
def test_unusable_file_fails_with_one_clear_error(
    importer: Importer, kept: Kept, content: str | bytes, code: str
) -> None:
    report = importer(content)
    assert (report["status"], report["code"], report["rows"]) == ("failed", code, 0)
    assert report["message"]
    assert kept.events() == []


def test_missing_columns_are_named(importer: Importer) -> None:
    report = importer("email,order_id\n")
    assert "occurred_at, product_id, quantity, unit_price" in report["message"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_names_survive_the_file_s_encoding(importer: Importer, kept: Kept, encoding: str) -> None:
    importer(lines(LINE.replace("Mug", "Café à la crème €")).encode(encoding))
    assert kept.events()[0].items[0].name == "Café à la crème €"


@pytest.mark.parametrize(
    ("price", "minor"),
    [("12,50", 1250), ("1.234,50", 123450), ("0,125", 12), ("12.50", 1250), ("12", 1200)],
)
def test_decimal_comma_is_read_in_a_file_with_semicolons(
    importer: Importer, kept: Kept, price: str, minor: int
) -> None:
    importer(semicolons(price))
    assert kept.events()[0].items[0].price == minor


@pytest.mark.parametrize("price", ["1,234", "1.234"])
def test_price_that_may_be_a_thousand_is_refused_in_a_file_with_semicolons(
    importer: Importer, price: str
) -> None:
    report = importer(semicolons(price))
    assert report["reasons"] == {"invalid_amount": 1}


@pytest.mark.parametrize(("quantity", "kept"), [("3,0", 3), ("1.000", None), ("1,000", None)])
def test_quantity_of_a_file_with_semicolons_is_read_as_its_prices(
    importer: Importer, quantity: str, kept: int | None
) -> None:
    report = importer(semicolons("12,50").replace(";2;", f";{quantity};"))
    assert report["reasons"] == ({} if kept else {"invalid_quantity": 1})


def semicolons(price: str) -> str:
    return lines(LINE.replace("12.50", "PRICE")).replace(",", ";").replace("PRICE", price)


def test_optional_columns_may_be_missing_and_others_are_ignored(
    importer: Importer, kept: Kept
) -> None:
    header = "Note,EMAIL, Order_ID ,occurred_at,product_id,quantity,unit_price"
    report = importer(lines("x,zebedee@example.com,o1,2025-03-01,p1,1,3.00", header=header))
    assert (report["imported"], report["default_currency"]) == (1, "GBP")
    assert report["default_currency_rows"] == 1
    assert kept.events()[0].currency == "GBP"


def test_line_numbers_count_the_lines_of_quoted_fields(importer: Importer) -> None:
    two_lines = LINE.replace("Mug", '"Mug\nlarge"')
    report = importer(lines(two_lines, "", LINE.replace("12.50", "free")))
    assert [refusal["line"] for refusal in report["refusals"]] == [5]


@pytest.mark.parametrize("orders", [20, 3_000])
def test_every_line_that_an_open_quote_swallows_is_refused(importer: Importer, orders: int) -> None:
    others = [LINE.replace("o1", f"o{number}") for number in range(orders)]
    report = importer(lines(LINE, LINE.replace("Mug", '"Mug'), *others))
    assert report["rows"] == orders + 2
    assert report["refused"] == report["reasons"]["unreadable_line"]
    assert report["refusals"][1]["line"] == 4


def test_line_of_any_length_takes_little_memory() -> None:
    text = io.BytesIO(lines(LINE, "x" * 40_000_000, LINE).encode())
    tracemalloc.start()
    rows = list(CsvFile(text).read_rows(["order_id"]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [(row[0], row[1]) for row in rows] == [(2, ""), (3, "unreadable_line"), (4, "")]
    assert peak < 20_000_000


def test_report_lists_a_thousand_refusals_and_counts_all(importer: Importer) -> None:
    report = importer(lines(*[LINE.replace("12.50", "free")] * 1_200))
    assert (len(report["refusals"]), report["refused"]) == (1_000, 1_200)
    assert report["refusals"][-1]["line"] == 1_001


def test_import_goes_on_where_its_time_ended(
    aws: MotoStack, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regulars.ingestion.imports.partitions.PART_BYTES", 400)
    module = loaded("import_history", aws.build_settings(ImportHistorySettings), monkeypatch)
    content = lines(*(LINE.replace("o1", f"o{number}") for number in range(40)))
    aws.s3.put_object(Bucket="test-uploads", Key=KEY, Body=content.encode())
    answers = [module.handler(arrived(KEY), Deadline(3))["status"]]
    while answers[-1] == "continued":
        answers.append(module.handler(arrived(f"{KEY}.progress.json"), Deadline(3))["status"])
    assert answers[-1] == "done"
    assert len(answers) > 2
    report = json.loads(
        aws.s3.get_object(Bucket="test-uploads", Key=f"{KEY}.report.json")["Body"].read()
    )
    assert (report["rows"], report["imported"], report["orders"]) == (40, 40, 40)
    assert len(kept.events()) == 40


def test_import_that_crashed_ends_with_the_same_ledger(
    aws: MotoStack, importer: Importer, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regulars.ingestion.imports.history_import.RECORD_BATCH_ORDERS", 2)
    monkeypatch.setattr("regulars.store.ledger.Ledger.record_events", failing_after(3))
    content = lines(*(LINE.replace("o1", f"o{number}") for number in range(9)))
    with pytest.raises(ConnectionError):
        importer(content)
    report = importer(content)
    assert (report["rows"], report["imported"] + report["known"]) == (9, 9)
    assert len(kept.events()) == 9


def failing_after(calls: int) -> Any:
    """`Ledger.record` that fails once, after so many calls."""
    real, left = Ledger.record_events, [calls]

    def record(self: Ledger, events: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            raise ConnectionError
        return real(self, events)

    return record
