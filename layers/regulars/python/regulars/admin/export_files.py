"""Recognizes a file of history that a provider lets the owner download."""

import codecs
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

import msgspec

from regulars.admin.errors import EmptyExportError, UnrecognizedExportError
from regulars.channels.exports.contract import ExportFormat
from regulars.domain.errors import InvalidRequestError
from regulars.ingestion.imports.csv_file import CsvFile
from regulars.ingestion.imports.import_run import find_format
from regulars.store import schema

CHUNK_BYTES = 1024 * 1024
CSV_SUFFIXES = (".csv", ".CSV")


class ExportFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file whose format is known; `rows` is how many there may be, because a quoted field may hold line breaks."""

    name: str
    format: ExportFormat
    delimiter: str
    encoding: str
    rows: int

    @property
    def upload_name(self) -> str:
        """The name under which it is uploaded."""
        return self.name if self.name.endswith(CSV_SUFFIXES) else f"{self.name}.csv"

    def upload_key(self, account: str) -> str:
        """Return the object key under which it is uploaded."""
        return schema.upload_key(self.upload_name, self.format.channel, account)


def recognize_export(stream: BinaryIO, name: str) -> ExportFile:
    """Read a seekable file, close it, and return what it is.

    Raise UnrecognizedExportError when it is of no format, EmptyExportError when it has no rows.
    """
    try:
        csv = CsvFile(stream)
        format_, _ = find_format(csv, name)
    except InvalidRequestError as error:
        raise UnrecognizedExportError(name, error) from error
    delimiter = csv.delimiter
    stream.seek(0)
    encoding, rows = _measure_file(stream)
    if not rows:
        raise EmptyExportError(name)
    return ExportFile(name=name, format=format_, delimiter=delimiter, encoding=encoding, rows=rows)


def _measure_file(stream: BinaryIO) -> tuple[str, int]:
    """Return the encoding and the number of lines after the first; old spreadsheet programs end a line with CR alone."""
    decoder, is_utf8, last = codecs.getincrementaldecoder("utf-8")(), True, b"\n"
    line_ends = {b"\n": 0, b"\r": 0}
    for chunk in chain(_read_chunks(stream), [b""]):
        line_ends = {end: count + chunk.count(end) for end, count in line_ends.items()}
        last = chunk[-1:] or last
        is_utf8 = is_utf8 and _can_decode(decoder, chunk)
    lines = max(line_ends.values()) - (last in line_ends)
    return "UTF-8" if is_utf8 else "Windows-1252", max(0, lines)


def _can_decode(decoder: codecs.IncrementalDecoder, chunk: bytes) -> bool:
    try:
        decoder.decode(chunk, final=not chunk)
    except UnicodeDecodeError:
        return False
    return True


def _read_chunks(stream: BinaryIO) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK_BYTES):
        yield chunk
