"""Define the contract of an export format: its columns, how its rows form groups, and how a group becomes drafts.

An export format is a module with `FORMAT`. Its docstring is its documentation page: how to export the file from the
provider, and which data is stored.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from regulars.channels.contract import Draft
from regulars.domain.errors import InvalidEventError
from regulars.domain.isolation import isolate

MOST_LINES = 999  # of one order

type Row = tuple[int, str, list[str]]  # line number, why it cannot be read, fields
type Refuse = Callable[[int, str], None]  # told the line number and a code of REASONS


class File(msgspec.Struct, frozen=True):
    """What all lines of a file share.

    `names` are the format's names of the fields of a row, `name` is the file's own and `source` as events carry it;
    `latest` is the last time that is not in the future. Where it does not sell, a shop tells of the same sales.
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
    said: Mapping[str, str]


class Told(NamedTuple):
    """What the lines of one order, payment or person say, or the `fault` of ours that kept them from being told."""

    lines: Sequence[int]
    drafts: list[Draft]
    defaulted: int = 0  # lines that took the default currency
    fault: Exception | None = None


type Tell = Callable[[Iterable[Row], File, Refuse], Iterator[Told]]


class Format(NamedTuple):
    """One format.

    `columns`: the name of a field → the headings under which files have it, the usual one first, separated by `|`.
    `required`: the fields that make a file one of this format; one of several where they are separated by `|`.
    `key`: the fields, the first that is not blank, by which lines belong together. `channel`: whose webhooks tell the
    same things, '' when nobody's. `more` matches headings of which there may be any number. `of_persons` says that
    events are told apart by whom they speak of. `check` raises InvalidRequestError for a file that has the columns and yet
    cannot be read: its name and its fields are given.
    """

    title: str
    channel: str
    columns: Mapping[str, str]
    required: Sequence[str]
    key: Sequence[str]
    tell: Tell
    more: re.Pattern[str] | None = None
    of_persons: bool = False
    check: Callable[[str, Collection[str]], None] | None = None

    def found(self, headings: Iterable[str]) -> dict[str, str]:
        """The name of each field that a file with these headings has → its heading, in lower case."""
        known = list(headings)
        fields = {
            name: heading
            for name, spellings in self.columns.items()
            if (heading := next((one for one in spellings.lower().split("|") if one in known), ""))
        }
        return fields | {one: one for one in known if self.more and self.more.fullmatch(one)}

    def missing(self, found: Iterable[str]) -> list[str]:
        """The required columns that are not there, by their usual headings."""
        have = {*found}
        return [
            " or ".join(self.columns[name].partition("|")[0] for name in needed.split("|"))
            for needed in self.required
            if have.isdisjoint(needed.split("|"))
        ]


def by_group(key: Sequence[str], tell: Callable[[list[Line], File, Refuse], list[Draft]]) -> Tell:
    """Lines with the same key are told together; what `tell` refuses of them by itself does not lose the others."""

    def told(rows: Iterable[Row], file: File, refuse: Refuse) -> Iterator[Told]:
        groups: dict[str, list[Line]] = {}
        for line in _lines(rows, file, refuse):
            group = groups.setdefault(key_of(line.said, key), [])
            if len(group) < MOST_LINES:
                group.append(line)
            else:
                refuse(line.number, "order_too_long")
        for group in groups.values():
            yield from _told(group, file, refuse, tell)

    return told


def by_line(tell: Callable[[Line, File], list[Draft]]) -> Tell:
    """Every line is told by itself."""

    def told(rows: Iterable[Row], file: File, refuse: Refuse) -> Iterator[Told]:
        for line in _lines(rows, file, refuse):
            yield from _told([line], file, refuse, lambda lines, file, _: tell(lines[0], file))

    return told


def key_of(said: Mapping[str, str], key: Sequence[str]) -> str:
    """By what a line belongs to others."""
    return next((text for name in key if (text := said.get(name, "").strip())), "")


def _lines(rows: Iterable[Row], file: File, refuse: Refuse) -> Iterator[Line]:
    for number, problem, fields in rows:
        if problem:
            refuse(number, problem)
        else:
            yield Line(number, dict(zip(file.names, fields, strict=True)))


def _told(
    lines: list[Line],
    file: File,
    refuse: Refuse,
    tell: Callable[[list[Line], File, Refuse], list[Draft]],
) -> Iterator[Told]:
    refused: dict[int, str] = {}
    drafts, failures = isolate(
        [lines], lambda group: tell(group, file, refused.__setitem__), Exception
    )
    for failure in failures:
        if not isinstance(failure.error, InvalidEventError):
            yield Told([line.number for line in lines], [], fault=failure.error)
            return
        code = failure.error.code
        refused = {line.number: refused.get(line.number, code) for line in lines}
    for number, code in refused.items():
        refuse(number, code)
    taken = [line.number for line in lines if line.number not in refused]
    if taken:
        # A format without a currency reads '' nowhere.
        is_defaulted = not lines[0].said.get("currency", "said").strip()
        yield Told(taken, drafts, len(taken) if is_defaulted else 0)
