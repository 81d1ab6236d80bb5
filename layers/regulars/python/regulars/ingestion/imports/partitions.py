"""Partition the rows of a file of any size by order on disk, so that each part fits in memory with its orders whole."""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from zlib import crc32

from regulars.channels.exports.contract import Row

PART_BYTES = 8 * 1024 * 1024
MAX_PARTS = 256  # files open at once


def count_parts(size: int) -> int:
    """Return the number of parts of a file of `size` bytes: the same in every run of its import."""
    return min(MAX_PARTS, 1 + size // PART_BYTES)


def write_parts(
    rows: Iterable[Row],
    key: Callable[[Sequence[str]], str],
    part_count: int,
    wanted_parts: Sequence[int],
    directory: Path,
) -> None:
    """Write each row to the file of its part, unless the part is not wanted; rows of one key are in one part."""
    with ExitStack() as stack:
        writers = _open_writers(stack, wanted_parts, directory)
        for number, problem, fields in rows:
            part = crc32(key(fields).encode("utf-8", "replace")) % part_count
            write_row = writers.get(part)
            if write_row:
                write_row((number, problem, *fields))


def read_part(directory: Path, part: int) -> Iterator[Row]:
    """Yield the rows of one part as they were written."""
    with _part_path(directory, part).open(newline="") as file:
        for number, problem, *fields in csv.reader(file):
            yield int(number), problem, fields


def delete_part(directory: Path, part: int) -> None:
    """Free the disk space of a part that is imported."""
    _part_path(directory, part).unlink()


def _open_writers(
    stack: ExitStack, parts: Iterable[int], directory: Path
) -> dict[int, Callable[[Iterable[object]], object]]:
    files = {
        part: stack.enter_context(_part_path(directory, part).open("w", newline=""))
        for part in parts
    }
    return {part: csv.writer(file).writerow for part, file in files.items()}


def _part_path(directory: Path, part: int) -> Path:
    return directory / f"{part}.csv"
