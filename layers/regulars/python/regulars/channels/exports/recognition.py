"""Recognize the format of a file by its headings."""

from collections.abc import Collection, Sequence

from regulars.channels.exports.contract import ExportFormat
from regulars.domain.errors import InvalidRequestError

# Of the required columns: a file with fewer is of an unknown format, one with more lacks columns of a known one.
MIN_COVERAGE = 0.3


def recognize_format(formats: Sequence[ExportFormat], headings: Collection[str]) -> ExportFormat:
    """Return the format of a file with these headings, in lower case.

    Raise InvalidRequestError if no format fits: `missing_columns` names what the nearest one lacks, `unknown_format`
    lists the formats.
    """
    nearest = max(formats, key=lambda format_: _column_coverage(format_, headings))
    coverage, _ = _column_coverage(nearest, headings)
    if coverage == 1:
        return nearest
    missing = ", ".join(nearest.list_missing_columns(nearest.match_columns(headings)))
    if coverage >= MIN_COVERAGE:
        raise InvalidRequestError(
            f"The file looks like {nearest.title}, but its first line lacks these columns: {missing}.",
            "missing_columns",
        )
    titles = ", ".join(format_.title for format_ in formats)
    hint = f" The nearest is {nearest.title}, which lacks: {missing}." if coverage else ""
    raise InvalidRequestError(
        "The file's first line is of no format we know. Understood are, with English headings: "
        f"{titles}.{hint}",
        "unknown_format",
    )


def _column_coverage(format_: ExportFormat, headings: Collection[str]) -> tuple[float, int]:
    """Return the share of the required columns that the file has, and how many are required."""
    count = len(format_.required_columns)
    if format_.excluded_columns and any(map(format_.excluded_columns.fullmatch, headings)):
        return 0.0, count
    missing = format_.list_missing_columns(format_.match_columns(headings))
    return 1 - len(missing) / count, count
