"""Read a CSV file as shops export it: UTF-8 or cp1252, separated by `,`, `;`, tabs or `|`, as a stream."""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from regulars.domain.errors import InvalidRequestError

MAX_HEADER_CHARACTERS = 64 * 1024
MAX_LINE_CHARACTERS = 1024 * 1024  # the rest of a longer line is never held in memory
DELIMITERS = (",", ";", "\t", "|")
# How files begin that are not CSV, decoded as this module decodes them.
_FOREIGN_MARKS = {
    "PK\x03\x04": "a ZIP archive or an Excel workbook (.xlsx)",
    "\u00d0\u00cf\x11": "an old Excel workbook (.xls)",
    "%PDF": "a PDF",
    "\u2030PNG": "a picture",
    "\x1f\u2039": "compressed with gzip",
    "<": "a web page or XML",
    "{": "JSON",
    "[": "JSON",
}
_UNREADABLE_ROW: list[str] = []


class _Cp1252Fallback:
    """Decodes bytes that are no UTF-8 as cp1252, and remembers that it did."""

    name = "regulars.cp1252"

    def __init__(self) -> None:
        self.was_used = False

    def __call__(self, error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeDecodeError):
            raise error
        self.was_used = True
        invalid_bytes = error.object[error.start : error.end]
        return invalid_bytes.decode("cp1252", "replace"), error.end


class CsvFile:
    """One file: its columns are known at once, its rows are read once.

    `columns` maps each heading, in lower case, to its index; `repeated` holds the headings that occur twice. Raise
    InvalidRequestError with the code empty_file, unsupported_encoding or not_csv for a file that is no text.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._fallback = _Cp1252Fallback()
        # The name belongs to the codec registry: one file is read at a time.
        codecs.register_error(_Cp1252Fallback.name, self._fallback)
        self._text = io.TextIOWrapper(stream, "utf-8-sig", _Cp1252Fallback.name, newline="")
        header = self._read_header()
        self.delimiter = max(DELIMITERS, key=_without_quoted_text(header).count)
        cells = next(csv.reader([header], delimiter=self.delimiter), [])
        self._width = len(cells)
        headings = [cell.strip().lower() for cell in cells]
        self.columns = {heading: index for index, heading in enumerate(headings)}
        self.repeated = {heading for heading in headings if headings.count(heading) > 1}

    @property
    def encoding(self) -> str:
        """The encoding of the bytes read so far."""
        return "cp1252" if self._fallback.was_used else "utf-8"

    def read_rows(self, columns: Sequence[str]) -> Iterator[tuple[int, str, list[str]]]:
        """Yield the line number, the code of the problem ('' for none) and the fields of `columns` of each row.

        A column that the file does not have is blank. Blank lines are no rows. Each line within an open quote is a row.
        """
        indexes = [self.columns.get(name, self._width) for name in columns]
        reader = csv.reader(self._read_lines(), delimiter=self.delimiter)
        number = 2  # the header is line 1
        while (row := _read_row(reader)) is not None:
            lines = range(number, reader.line_num + 2)
            number = lines.stop
            if row is _UNREADABLE_ROW or (0 < len(row) < self._width and len(lines) > 1):
                yield from ((line, "unreadable_line", [""] * len(columns)) for line in lines)
            elif row:
                problem = "wrong_field_count" if any(row[self._width :]) else ""
                yield lines.start, problem, self._pick_fields(row, indexes)

    def _pick_fields(self, row: Sequence[str], indexes: Sequence[int]) -> list[str]:
        fields = row[: self._width]
        # One blank field more, for columns that the file does not have.
        filled_row = [*fields, *[""] * (self._width + 1 - len(fields))]
        return [filled_row[index] for index in indexes]

    def _read_lines(self) -> Iterator[str]:
        while line := self._text.readline(MAX_LINE_CHARACTERS):
            yield line
            while len(line) == MAX_LINE_CHARACTERS and not line.endswith(("\r", "\n")):
                line = self._text.readline(MAX_LINE_CHARACTERS)

    def _read_header(self) -> str:
        try:
            header = self._text.readline(MAX_HEADER_CHARACTERS)
        except UnicodeError:
            header = ""
        _check_header(header)
        return header


def _check_header(header: str) -> None:
    """Raise InvalidRequestError for the first line of a file that is no CSV."""
    if header.startswith(("\xff\xfe", "\xfe\xff")):
        raise InvalidRequestError(
            "The file is UTF-16; please export it as CSV in UTF-8.", "unsupported_encoding"
        )
    if kind := _guess_foreign_kind(header):
        raise InvalidRequestError(
            f"The file is {kind}, not CSV. Unpack it, or save it as CSV in UTF-8.", "not_csv"
        )
    if any(letter < " " and letter not in "\t\r\n" for letter in header):
        raise InvalidRequestError(
            "The file is no text; please export it as CSV in UTF-8.", "not_csv"
        )
    if not header.strip():
        raise InvalidRequestError("The file is empty.", "empty_file")


def _guess_foreign_kind(header: str) -> str:
    return next((kind for mark, kind in _FOREIGN_MARKS.items() if header.startswith(mark)), "")


def _without_quoted_text(header: str) -> str:
    return re.sub(r'"[^"]*"', "", header)


def _read_row(reader: Iterator[list[str]]) -> list[str] | None:
    """Return the next row, _UNREADABLE_ROW for what is no CSV, None at the end."""
    try:
        return next(reader, None)
    except csv.Error:
        return _UNREADABLE_ROW
