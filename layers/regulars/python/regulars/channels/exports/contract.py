"""Define the contract of an export format: how a provider's file of history is recognized and translated into events.

Each format has a module that defines one `ExportFormat` value, and one line in `regulars.channels.registry` that names
it. Where a channel's webhooks report the same things, the format builds the same ids, so that an order counts once:

    EXPORT_FORMAT = ExportFormat(
        title="Acme orders",
        channel="acme",
        page=__doc__,
        columns={"id": "Order ID|Id", "total": "Total", "email": "Email"},
        required_columns=("id", "total"),
        key_columns=("id",),
        translate=build_group_translator(("id",), translate_group),
    )
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from regulars.channels.contract import Draft
from regulars.domain.errors import InvalidEventError
from regulars.domain.isolation import isolate

MAX_ORDER_LINES = 999

type Row = tuple[int, str, list[str]]
"""The line number, the code of the reason why the row cannot be read ('' if it can), and the fields."""

type RefuseLine = Callable[[int, str], None]
"""Call it with the number of a line that is not imported and a code of `refusals.REFUSAL_REASONS`."""


class File(msgspec.Struct, frozen=True):
    """The properties that all lines of a file share.

    Attributes:
        names: The format's names of the fields of a row, in the order of the fields.
        name: The file's own name.
        source: The source of its events.
        account: The account that the ids in the file belong to; '' for a format of no channel.
        uploaded_at: When the file was uploaded, RFC 3339.
        received_at: When this import began.
        latest: The latest time that is not in the future, RFC 3339.
        default_currency: The ISO 4217 code for amounts without a currency.
        default_country: The ISO 3166 code for phone numbers without a country.
        decimal_comma: Whether `1,50` is one and a half.
        sells: Whether its sales are orders; False where a shop reports the same sales.
    """

    names: Sequence[str]
    name: str
    source: str
    account: str
    uploaded_at: str
    received_at: datetime
    latest: str
    default_currency: str
    default_country: str = ""
    decimal_comma: bool = False
    sells: bool = True


class Line(NamedTuple):
    """One line, its fields by the format's own names."""

    number: int
    fields: Mapping[str, str]


class TranslatedLines(NamedTuple):
    """The drafts of the lines of one order, payment or person.

    `defaulted` counts the lines that took the default currency. `fault` is the bug that kept them from being translated.
    """

    lines: Sequence[int]
    drafts: list[Draft]
    defaulted: int = 0
    fault: Exception | None = None


type TranslateRows = Callable[[Iterable[Row], File, RefuseLine], Iterator[TranslatedLines]]
"""Translate the rows of a file. A line that is refused, or whose translation fails, does not lose the others."""

type TranslateGroup = Callable[[list[Line], File, RefuseLine], list[Draft]]
"""Return the drafts of lines that belong together. Raise InvalidEventError to refuse them all."""

type TranslateLine = Callable[[Line, File], list[Draft]]
"""Return the drafts of one line. Raise InvalidEventError to refuse it."""

type CheckFile = Callable[[str, Collection[str]], None]
"""Raise InvalidRequestError for a file, by its name and its fields, that has the columns and still cannot be imported."""


class ExportFormat(msgspec.Struct, frozen=True, kw_only=True):
    """One format of a file of history. A module defines it as a constant; the registry loads it by its dotted name.

    Attributes:
        title: What the file holds, such as `Shopify orders`.
        channel: The channel whose webhooks report the same things; '' if there is none.
        page: The documentation of the format, in Markdown: where to click for it, and what is stored. The module's
            docstring, from which `python -m infra.pages` generates `channels/exports/README.md`.
        columns: The name of a field → its headings in files, the usual one first, separated by `|`.
        required_columns: The fields that a file of this format has; one of several where they are separated by `|`.
        key_columns: The fields whose first value that is not blank says which lines belong together.
        translate: Translates the rows of a file; see `build_group_translator` and `build_line_translator`.
        extra_columns: Matches headings of which a file has any number, such as those of its line items.
        excluded_columns: Matches headings that a file of this format never has.
        describes_people: Whether an event's id depends on the person that it describes.
        check_file: Refuses files that have the columns and still cannot be imported.
    """

    title: str
    channel: str = ""
    page: str
    columns: Mapping[str, str]
    required_columns: Sequence[str]
    key_columns: Sequence[str]
    translate: TranslateRows
    extra_columns: re.Pattern[str] | None = None
    excluded_columns: re.Pattern[str] | None = None
    describes_people: bool = False
    check_file: CheckFile | None = None

    def match_columns(self, headings: Iterable[str]) -> dict[str, str]:
        """Return the field → the heading, in lower case, of each column that a file with these headings has."""
        known = list(headings)
        fields = {
            name: heading
            for name, spellings in self.columns.items()
            if (
                heading := next(
                    (text for text in spellings.lower().split("|") if text in known), ""
                )
            )
        }
        extra = self.extra_columns
        return fields | {text: text for text in known if extra and extra.fullmatch(text)}

    def list_missing_columns(self, fields: Iterable[str]) -> list[str]:
        """Return the required columns that are not among these fields, by their usual headings."""
        present = {*fields}
        return [
            " or ".join(self.columns[name].partition("|")[0] for name in needed.split("|"))
            for needed in self.required_columns
            if present.isdisjoint(needed.split("|"))
        ]


def build_group_translator(
    key_columns: Sequence[str], translate_group: TranslateGroup
) -> TranslateRows:
    """Return a translator that translates lines with the same key together.

    A line that `translate_group` refuses by itself does not lose the other lines of its group.
    """

    def translate_rows(
        rows: Iterable[Row], file: File, refuse: RefuseLine
    ) -> Iterator[TranslatedLines]:
        groups: dict[str, list[Line]] = {}
        for line in _read_lines(rows, file, refuse):
            group = groups.setdefault(group_key(line.fields, key_columns), [])
            if len(group) < MAX_ORDER_LINES:
                group.append(line)
            else:
                refuse(line.number, "order_too_long")
        for group in groups.values():
            yield from _translate_group(group, file, refuse, translate_group)

    return translate_rows


def build_line_translator(translate_line: TranslateLine) -> TranslateRows:
    """Return a translator that translates every line by itself."""

    def translate_group(lines: list[Line], file: File, _refuse: RefuseLine) -> list[Draft]:
        return translate_line(lines[0], file)

    def translate_rows(
        rows: Iterable[Row], file: File, refuse: RefuseLine
    ) -> Iterator[TranslatedLines]:
        for line in _read_lines(rows, file, refuse):
            yield from _translate_group([line], file, refuse, translate_group)

    return translate_rows


def group_key(fields: Mapping[str, str], key_columns: Sequence[str]) -> str:
    """Return the first of the key fields that is not blank: lines with the same key belong together."""
    return next((text for name in key_columns if (text := fields.get(name, "").strip())), "")


def _read_lines(rows: Iterable[Row], file: File, refuse: RefuseLine) -> Iterator[Line]:
    for number, problem, fields in rows:
        if problem:
            refuse(number, problem)
        else:
            yield Line(number, dict(zip(file.names, fields, strict=True)))


def _translate_group(
    lines: list[Line], file: File, refuse: RefuseLine, translate_group: TranslateGroup
) -> Iterator[TranslatedLines]:
    refused: dict[int, str] = {}
    drafts, failures = isolate(
        [lines], lambda group: translate_group(group, file, refused.__setitem__), Exception
    )
    for failure in failures:
        if not isinstance(failure.error, InvalidEventError):
            yield TranslatedLines([line.number for line in lines], [], fault=failure.error)
            return
        code = failure.error.code
        refused = {line.number: refused.get(line.number, code) for line in lines}
    for number, code in refused.items():
        refuse(number, code)
    taken = [line.number for line in lines if line.number not in refused]
    if taken:
        # A format without a currency reads '' nowhere.
        is_defaulted = not lines[0].fields.get("currency", "said").strip()
        yield TranslatedLines(taken, drafts, len(taken) if is_defaulted else 0)
