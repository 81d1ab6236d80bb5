"""The rows of a file of any size, parted by order on disk, so that each part fits in memory with its orders whole."""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from zlib import crc32

from regulars.channels.exports.contract import Row

PART_BYTES = 8 * 1024 * 1024
MOST_PARTS = 256  # files open at once


def number_of_parts(size: int) -> int:
    """How many parts a file of this size makes: the same in every run of its import."""
    return min(MOST_PARTS, 1 + size // PART_BYTES)


def spill(
    rows: Iterable[Row],
    key: Callable[[Sequence[str]], str],
    parts: int,
    wanted: Sequence[int],
    directory: Path,
) -> None:
    """Write each row to the file of its part, leaving out parts that are not wanted; rows of one key stay together."""
    with ExitStack() as stack:
        files = {
            part: stack.enter_context(_path(directory, part).open("w", newline=""))
            for part in wanted
        }
        writers = {part: csv.writer(file).writerow for part, file in files.items()}
        for number, problem, fields in rows:
            part = crc32(key(fields).encode("utf-8", "replace")) % parts
            write = writers.get(part)
            if write:
                write((number, problem, *fields))


def part_rows(directory: Path, part: int) -> Iterator[Row]:
    """The rows of one part, as they were given."""
    with _path(directory, part).open(newline="") as file:
        for number, problem, *fields in csv.reader(file):
            yield int(number), problem, fields


def drop(directory: Path, part: int) -> None:
    """Free the disk of a part that is done."""
    _path(directory, part).unlink()


def _path(directory: Path, part: int) -> Path:
    return directory / f"{part}.csv"
