"""An uploaded CSV is imported once, whatever its size and its format, and the report says what happened to each line."""

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
from tests.support.gateway import load_handler

KEY = "imports/orders.csv"
HEADER = "customer_id,email,order_id,occurred_at,product_id,product_name,category,quantity,unit_price,currency"
LINE = "c1,zebedee@example.com,o1,2025-03-01T10:00:00Z,p1,Mug,Kitchen,2,12.50,EUR"

type ImportCsv = Callable[..., dict[str, Any]]


class PartLimitedContext:
    """A Lambda context whose time runs out after a number of parts."""

    def __init__(self, parts: int = 10_000) -> None:
        self.parts = parts

    def get_remaining_time_in_millis(self) -> int:
        self.parts -= 1
        return 900_000 if self.parts > 0 else 1_000


def build_upload_event(key: str) -> dict[str, Any]:
    return {"detail": {"bucket": {"name": "test-uploads"}, "object": {"key": key, "size": 1}}}


@pytest.fixture
def import_csv(aws: MotoStack, monkeypatch: pytest.MonkeyPatch) -> ImportCsv:
    """Upload a file, run the handler and return the report."""
    module = load_handler("import_history", aws.build_settings(ImportHistorySettings), monkeypatch)

    def run(content: str | bytes) -> dict[str, Any]:
        body = content.encode() if isinstance(content, str) else content
        aws.s3.put_object(Bucket="test-uploads", Key=KEY, Body=body)
        module.handler(build_upload_event(KEY), PartLimitedContext())
        report = aws.s3.get_object(Bucket="test-uploads", Key=f"{KEY}.report.json")["Body"].read()
        return dict(json.loads(report))

    return run


def build_csv(*rows: str, header: str = HEADER) -> str:
    return "\n".join((header, *rows)) + "\n"


def test_lines_of_an_order_become_one_event(import_csv: ImportCsv, kept: Kept) -> None:
    other_order = LINE.replace("o1", "o2")
    report = import_csv(
        build_csv(LINE, other_order, LINE.replace("p1", "p2").replace("12.50", "1.25"))
    )
    assert (report["rows"], report["imported"], report["orders"]) == (3, 3, 2)
    order = next(event for event in kept.events() if event.order and event.order.key == "shop/o1")
    assert [(item.product_id, item.quantity, item.price) for item in order.items] == [
        ("p1", 2, 1250),
        ("p2", 2, 125),
    ]
    assert order.order
    assert (order.order.total, order.order.currency, order.backfill) == (2750, "EUR", True)


def test_second_import_knows_every_line(import_csv: ImportCsv, kept: Kept) -> None:
    import_csv(build_csv(LINE))
    report = import_csv(build_csv(LINE))
    assert (report["imported"], report["known"], report["known_orders"]) == (0, 1, 1)
    assert len(kept.events()) == 1


def test_imported_contact_data_is_stored_in_people_only(import_csv: ImportCsv, kept: Kept) -> None:
    import_csv(build_csv(LINE))
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
def test_refused_line_is_reported_and_others_are_imported(
    import_csv: ImportCsv, kept: Kept, change: tuple[str, str], code: str
) -> None:
    report = import_csv(build_csv(LINE, LINE.replace(*change), LINE.replace("p1", "p2")))
    assert [(line["line"], line["code"]) for line in report["refusals"]] == [(3, code)]
    assert (report["imported"], report["refused"], report["reasons"]) == (2, 1, {code: 1})
    assert report["refusals"][0]["reason"]
    assert [len(event.items) for event in kept.events()] == [2]


@pytest.mark.parametrize("function", ["parse_order_line", "build_order_draft"])
def test_bug_in_one_line_loses_no_other_line(
    import_csv: ImportCsv, kept: Kept, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    original = getattr(order_lines, function)

    def fail_on_poison(*values: Any) -> Any:
        if "poison" in str(values):
            raise KeyError("zebedee@example.com")
        return original(*values)

    monkeypatch.setattr(order_lines, function, fail_on_poison)
    report = import_csv(build_csv(LINE, LINE.replace("o1", "poison"), LINE.replace("o1", "o3")))
    assert [(line["line"], line["code"]) for line in report["refusals"]] == [(3, "untranslatable")]
    assert (report["status"], report["imported"], len(kept.events())) == ("done", 2, 2)


def test_buyer_of_several_lines_is_one_person(import_csv: ImportCsv, kept: Kept) -> None:
    id_line, email_line = LINE.replace("zebedee@example.com", ""), LINE.replace("c1", "")
    report = import_csv(build_csv(id_line, email_line, email_line.replace("zebedee", "anna")))
    assert report["reasons"] == {"customer_differs": 1}
    assert [len(event.subjects) for event in kept.events()] == [2]


@pytest.mark.parametrize(
    "later", [LINE, LINE.replace("12.50", "10.00"), LINE.replace(",2,", ",1,")]
)
def test_order_version_of_the_later_upload_wins(
    aws: MotoStack, import_csv: ImportCsv, kept: Kept, later: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = build_csv(LINE.replace("12.50", "11.00"), LINE.replace("p1", "p2"))
    for year, content in ((2025, first), (2026, build_csv(later)), (2025, first)):
        set_upload_time(monkeypatch, f"{year}-11-01T10:00:00.000Z")
        import_csv(content)
    orders = [event.order for event in kept.events() if event.order]
    totals = {order.version: order.total for order in orders}
    quantity, price = later.split(",")[7:9]
    assert totals[max(totals)] == int(quantity) * float(price) * 100
    assert max(totals) < "1990"


def set_upload_time(monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    """Give later uploads this time."""
    monkeypatch.setattr("regulars.store.uploads.to_text", lambda _: at)


def test_corrected_file_replaces_an_incomplete_order(import_csv: ImportCsv, kept: Kept) -> None:
    import_csv(build_csv(LINE, LINE.replace(",2,", ",many,")))
    import_csv(build_csv(LINE, LINE.replace(",2,", ",5,")))
    versions = sorted(kept.events(), key=lambda event: event.order.version if event.order else "")
    assert [len(event.items) for event in versions] == [1, 2]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "empty_file"),
        ("\n\n", "empty_file"),
        (HEADER.encode("utf-16"), "unsupported_encoding"),
        (build_csv(LINE, header=HEADER.replace("unit_price", "price")), "missing_columns"),
        (
            build_csv(LINE, header=HEADER.replace("customer_id,email", "who,mail")),
            "missing_columns",
        ),
        (build_csv(f"{LINE},3", header=f"{HEADER},Quantity "), "repeated_columns"),
    ],
)
def test_unusable_file_fails_with_one_error(
    import_csv: ImportCsv, kept: Kept, content: str | bytes, code: str
) -> None:
    report = import_csv(content)
    assert (report["status"], report["code"], report["rows"]) == ("failed", code, 0)
    assert report["message"]
    assert kept.events() == []


def test_missing_columns_are_named_in_the_report(import_csv: ImportCsv) -> None:
    report = import_csv("email,order_id\n")
    assert "occurred_at, product_id, quantity, unit_price" in report["message"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_product_names_survive_the_encoding_of_the_file(
    import_csv: ImportCsv, kept: Kept, encoding: str
) -> None:
    import_csv(build_csv(LINE.replace("Mug", "Café à la crème €")).encode(encoding))
    assert kept.events()[0].items[0].name == "Café à la crème €"


@pytest.mark.parametrize(
    ("price", "minor"),
    [("12,50", 1250), ("1.234,50", 123450), ("0,125", 12), ("12.50", 1250), ("12", 1200)],
)
def test_decimal_comma_is_read_with_semicolon_delimiter(
    import_csv: ImportCsv, kept: Kept, price: str, minor: int
) -> None:
    import_csv(csv_with_semicolons(price))
    assert kept.events()[0].items[0].price == minor


@pytest.mark.parametrize("price", ["1,234", "1.234"])
def test_ambiguous_price_is_refused_with_semicolon_delimiter(
    import_csv: ImportCsv, price: str
) -> None:
    report = import_csv(csv_with_semicolons(price))
    assert report["reasons"] == {"invalid_amount": 1}


@pytest.mark.parametrize(
    ("quantity", "is_read"), [("3,0", True), ("1.000", False), ("1,000", False)]
)
def test_ambiguous_quantity_is_refused_with_semicolon_delimiter(
    import_csv: ImportCsv, quantity: str, is_read: bool
) -> None:
    report = import_csv(csv_with_semicolons("12,50").replace(";2;", f";{quantity};"))
    assert report["reasons"] == ({} if is_read else {"invalid_quantity": 1})


def csv_with_semicolons(price: str) -> str:
    return build_csv(LINE.replace("12.50", "PRICE")).replace(",", ";").replace("PRICE", price)


def test_optional_columns_may_be_missing_or_unknown(import_csv: ImportCsv, kept: Kept) -> None:
    header = "Note,EMAIL, Order_ID ,occurred_at,product_id,quantity,unit_price"
    report = import_csv(build_csv("x,zebedee@example.com,o1,2025-03-01,p1,1,3.00", header=header))
    assert (report["imported"], report["default_currency"]) == (1, "GBP")
    assert report["default_currency_rows"] == 1
    assert kept.events()[0].currency == "GBP"


def test_line_numbers_count_lines_within_quotes(import_csv: ImportCsv) -> None:
    two_lines = LINE.replace("Mug", '"Mug\nlarge"')
    report = import_csv(build_csv(two_lines, "", LINE.replace("12.50", "free")))
    assert [refusal["line"] for refusal in report["refusals"]] == [5]


@pytest.mark.parametrize("orders", [20, 3_000])
def test_every_line_within_an_open_quote_is_refused(import_csv: ImportCsv, orders: int) -> None:
    other_lines = [LINE.replace("o1", f"o{number}") for number in range(orders)]
    report = import_csv(build_csv(LINE, LINE.replace("Mug", '"Mug'), *other_lines))
    assert report["rows"] == orders + 2
    assert report["refused"] == report["reasons"]["unreadable_line"]
    assert report["refusals"][1]["line"] == 4


def test_line_of_40_mb_takes_little_memory() -> None:
    text = io.BytesIO(build_csv(LINE, "x" * 40_000_000, LINE).encode())
    tracemalloc.start()
    rows = list(CsvFile(text).read_rows(["order_id"]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [(row[0], row[1]) for row in rows] == [(2, ""), (3, "unreadable_line"), (4, "")]
    assert peak < 20_000_000


def test_report_lists_first_thousand_refusals_and_counts_all(import_csv: ImportCsv) -> None:
    report = import_csv(build_csv(*[LINE.replace("12.50", "free")] * 1_200))
    assert (len(report["refusals"]), report["refused"]) == (1_000, 1_200)
    assert report["refusals"][-1]["line"] == 1_001


def test_import_continues_where_time_ran_out(
    aws: MotoStack, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regulars.ingestion.imports.partitions.PART_BYTES", 400)
    module = load_handler("import_history", aws.build_settings(ImportHistorySettings), monkeypatch)
    content = build_csv(*(LINE.replace("o1", f"o{number}") for number in range(40)))
    aws.s3.put_object(Bucket="test-uploads", Key=KEY, Body=content.encode())
    statuses = [module.handler(build_upload_event(KEY), PartLimitedContext(3))["status"]]
    while statuses[-1] == "continued":
        statuses.append(
            module.handler(build_upload_event(f"{KEY}.progress.json"), PartLimitedContext(3))[
                "status"
            ]
        )
    assert statuses[-1] == "done"
    assert len(statuses) > 2
    report = json.loads(
        aws.s3.get_object(Bucket="test-uploads", Key=f"{KEY}.report.json")["Body"].read()
    )
    assert (report["rows"], report["imported"], report["orders"]) == (40, 40, 40)
    assert len(kept.events()) == 40


def test_import_after_a_crash_ends_with_same_ledger(
    aws: MotoStack, import_csv: ImportCsv, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regulars.ingestion.imports.history_import.RECORD_BATCH_ORDERS", 2)
    monkeypatch.setattr("regulars.store.ledger.Ledger.record_events", build_failing_record(3))
    content = build_csv(*(LINE.replace("o1", f"o{number}") for number in range(9)))
    with pytest.raises(ConnectionError):
        import_csv(content)
    report = import_csv(content)
    assert (report["rows"], report["imported"] + report["known"]) == (9, 9)
    assert len(kept.events()) == 9


def build_failing_record(calls: int) -> Any:
    """Return `Ledger.record_events` that fails once, at this call."""
    record_events, calls_left = Ledger.record_events, [calls]

    def record(self: Ledger, events: Any) -> Any:
        calls_left[0] -= 1
        if calls_left[0] == 0:
            raise ConnectionError
        return record_events(self, events)

    return record
