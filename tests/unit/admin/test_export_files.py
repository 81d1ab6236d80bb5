"""What a file is, before it is imported: its format, its encoding and its number of rows."""

import io

import pytest

from regulars.admin.errors import EmptyExportError, UnrecognizedExportError
from regulars.admin.export_files import recognize_export
from tests.support.export_files import to_csv
from tests.unit.channels.test_provider_exports import STRIPE_PAYMENT


def test_recognized_file_has_a_format_and_an_object_key() -> None:
    content = to_csv([STRIPE_PAYMENT, STRIPE_PAYMENT]).encode()
    export = recognize_export(io.BytesIO(content), "payments.csv")
    assert (export.format.title, export.delimiter, export.rows) == ("Stripe payments", ",", 2)
    assert export.upload_key("main") == "imports/stripe/main/payments.csv"


def test_uploaded_name_ends_in_csv() -> None:
    export = recognize_export(io.BytesIO(b"Email\na@example.com\n"), "contacts.txt")
    assert export.upload_key("") == "imports/contacts.txt.csv"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_rows_are_counted_however_lines_end(end: str) -> None:
    content = f"Email{end}a@example.com{end}b@example.com".encode()
    assert recognize_export(io.BytesIO(content), "contacts.csv").rows == 2


@pytest.mark.parametrize("encoding", ["UTF-8", "Windows-1252"])
def test_encoding_is_measured_over_the_whole_file(encoding: str) -> None:
    text = "Email,Name\n" + "a@example.com,x\n" * 80_000 + "b@example.com,é"
    export = recognize_export(io.BytesIO(text.encode(encoding)), "contacts.csv")
    assert (export.encoding, export.rows) == (encoding, 80_001)


@pytest.mark.parametrize(
    ("content", "code"), [(b"", "empty_file"), (b"a,b\n1,2", "unknown_format")]
)
def test_file_of_no_format_is_refused_with_the_code_of_the_reader(
    content: bytes, code: str
) -> None:
    with pytest.raises(UnrecognizedExportError, match=r"data\.csv") as refused:
        recognize_export(io.BytesIO(content), "data.csv")
    assert refused.value.code == code


def test_file_without_rows_is_refused() -> None:
    with pytest.raises(EmptyExportError):
        recognize_export(io.BytesIO(b"Email\n"), "contacts.csv")
