"""A CSV as shops export it: UTF-8 or cp1252, separated by `,`, `;`, tabs or `|`, read as a stream."""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from regulars.domain.errors import InvalidRequestError

LONGEST_HEADER = 64 * 1024
LONGEST_LINE = 1024 * 1024  # characters; what lies behind them never comes into memory
DELIMITERS = (",", ";", "\t", "|")
# How files begin that are not CSV, as these bytes read here.
_OTHERS = {
    "PK\x03\x04": "a ZIP archive or an Excel workbook (.xlsx)",
    "\u00d0\u00cf\x11": "an old Excel workbook (.xls)",
    "%PDF": "a PDF",
    "\u2030PNG": "a picture",
    "\x1f\u2039": "compressed with gzip",
    "<": "a web page or XML",
    "{": "JSON",
    "[": "JSON",
}
_UNREADABLE: list[str] = []


class _Cp1252:
    """Takes bytes that are no UTF-8 for cp1252, and remembers that it had to."""

    name = "regulars.cp1252"

    def __init__(self) -> None:
        self.used = False

    def __call__(self, error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeDecodeError):
            raise error
        self.used = True
        wrong = error.object[error.start : error.end]
        return wrong.decode("cp1252", "replace"), error.end


class CsvFile:
    """One file: its columns are known at once, its rows are read once. `repeated` are the columns named twice.

    InvalidRequestError when it is empty or no text; its code is empty_file or unsupported_encoding.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._fallback = _Cp1252()
        # The name is the codec registry's: one file is read at a time.
        codecs.register_error(_Cp1252.name, self._fallback)
        self._text = io.TextIOWrapper(stream, "utf-8-sig", _Cp1252.name, newline="")
        header = self._header()
        self.delimiter = max(DELIMITERS, key=_unquoted(header).count)
        names = next(csv.reader([header], delimiter=self.delimiter), [])
        self._width = len(names)
        named = [name.strip().lower() for name in names]
        self.columns = {name: index for index, name in enumerate(named)}
        self.repeated = {name for name in named if named.count(name) > 1}

    @property
    def encoding(self) -> str:
        """What the bytes read so far are."""
        return "cp1252" if self._fallback.used else "utf-8"

    def rows(self, columns: Sequence[str]) -> Iterator[tuple[int, str, list[str]]]:
        """Each row's line number, why it cannot be read ('' when it can) and the fields of `columns`.

        A column the file does not have is blank. Blank lines are no rows; each line swallowed by an open quote is one.
        """
        nowhere = self._width
        indexes = [self.columns.get(name, nowhere) for name in columns]
        reader = csv.reader(self._lines(), delimiter=self.delimiter)
        number = 2  # the header is line 1
        while (row := _next(reader)) is not None:
            lines = range(number, reader.line_num + 2)
            number = lines.stop
            if row is _UNREADABLE or (0 < len(row) < nowhere and len(lines) > 1):
                yield from ((line, "unreadable_line", [""] * len(columns)) for line in lines)
            elif row:
                problem = "wrong_field_count" if any(row[nowhere:]) else ""
                padded = row[:nowhere] + [""] * (nowhere + 1 - len(row[:nowhere]))
                yield lines.start, problem, [padded[index] for index in indexes]

    def _lines(self) -> Iterator[str]:
        while line := self._text.readline(LONGEST_LINE):
            yield line
            while len(line) == LONGEST_LINE and not line.endswith(("\r", "\n")):
                line = self._text.readline(LONGEST_LINE)

    def _header(self) -> str:
        try:
            header = self._text.readline(LONGEST_HEADER)
        except UnicodeError:
            header = ""
        if header.startswith(("\xff\xfe", "\xfe\xff")):
            raise InvalidRequestError(
                "The file is UTF-16; please export it as CSV in UTF-8.", "unsupported_encoding"
            )
        if kind := next((kind for mark, kind in _OTHERS.items() if header.startswith(mark)), ""):
            raise InvalidRequestError(
                f"The file is {kind}, not CSV. Unpack it, or save it as CSV in UTF-8.", "not_csv"
            )
        if any(letter < " " and letter not in "\t\r\n" for letter in header):
            raise InvalidRequestError(
                "The file is no text; please export it as CSV in UTF-8.", "not_csv"
            )
        if not header.strip():
            raise InvalidRequestError("The file is empty.", "empty_file")
        return header


def _unquoted(header: str) -> str:
    return re.sub(r'"[^"]*"', "", header)


def _next(reader: Iterator[list[str]]) -> list[str] | None:
    """The next row, _UNREADABLE for what is no CSV, None at the end."""
    try:
        return next(reader, None)
    except csv.Error:
        return _UNREADABLE
