"""What a file on this machine is, and whose, before it is imported."""

import codecs
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import IO, NamedTuple

from infra.cli import connections
from infra.cli.console import say
from infra.cli.stack import Stack
from infra.local.faults import FaultError
from regulars.channels.commerce.shopify import webhook as shopify
from regulars.channels.drafts.sales import ORDERS_ELSEWHERE
from regulars.channels.exports.contract import ExportFormat
from regulars.channels.registry import CHANNELS
from regulars.domain.errors import InvalidRequestError
from regulars.ingestion.imports.csv_file import CsvFile
from regulars.ingestion.imports.import_run import find_format
from regulars.store import schema
from regulars.store.sources import Source

CHUNK = 1024 * 1024
PAGES = "layers/regulars/python/regulars/channels/exports/README.md"
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
UNNAMED = "main"  # what `regulars connect` calls a source that is not given a name


class Export(NamedTuple):
    """A file whose format is known; `rows` is how many there may be, since a quoted field may hold line breaks."""

    path: Path
    format: ExportFormat
    delimiter: str
    encoding: str
    rows: int

    @property
    def name(self) -> str:
        """The name under which it is uploaded."""
        name = self.path.name
        return name if name.endswith((".csv", ".CSV")) else f"{name}.csv"

    def told(self, account: str, orders: str = "") -> str:
        """What the owner is told before it begins."""
        facts = [
            self.format.title,
            *([f"account {account}"] if account else []),
            *(["its orders are told by a shop"] if orders else []),
            f"about {self.rows:,} rows",
            f"separated by {DELIMITERS[self.delimiter]}",
            self.encoding,
        ]
        return f"{self.path.name}: {', '.join(facts)}"

    def key(self, account: str) -> str:
        """Where it is uploaded to."""
        return schema.upload_key(self.name, self.format.channel, account)


def export_at(path: Path) -> Export:
    """The file with its format; FaultError when it cannot be read or is of none."""
    try:
        with path.open("rb") as stream:
            csv = CsvFile(stream)
            format_, _ = find_format(csv, path.name)
        encoding, rows = _measured(path)
    except OSError as error:
        raise FaultError(f"{path} cannot be read: {error.strerror}.") from error
    except InvalidRequestError as error:
        raise FaultError(f"{path.name}: {error}", _advice(error.code)) from error
    if not rows:
        raise FaultError(f"{path.name}: The file has a first line, and no rows.")
    return Export(path, format_, csv.delimiter, encoding, rows)


def account_of(deployed: Stack, format_: ExportFormat, given: str | None) -> str:
    """Whose the file is, in the words of its channel's webhooks, so that both tell of the same orders."""
    if not format_.channel:
        return ""
    connected = accounts(deployed, format_.channel)
    known = sorted({*connected.values()} - {""})
    if given and connected.get(given) == "":
        advice = f"Say it: regulars connect shopify --name {given} --set shop=my-shop.myshopify.com"
        raise FaultError(f"The source {given} does not say whose shop it is.", advice)
    if given or len(known) == 1:
        named = connected.get(given, given) if given else known[0]
        return _compared(format_.channel, _in_webhooks_words(format_.channel, named), known)
    if known:
        listed = ", ".join(known)
        return _asked(
            format_, f"Which of {listed}", f"It may be of {listed}: say which, --account."
        )
    if format_.channel != "shopify":
        say(
            f"No {format_.channel} source is connected yet: taken as account {UNNAMED}, the name that "
            f"`regulars connect {format_.channel}` gives; --account says another."
        )
        return UNNAMED
    question = "The shop's own domain, such as my-shop.myshopify.com"
    return _asked(format_, question, "Say whose it is: --account my-shop.myshopify.com.")


def accounts(deployed: Stack, channel: str) -> dict[str, str]:
    """The accounts of this channel by their source's name, as their webhooks scope their ids; '' for one not told."""
    if channel not in CHANNELS:
        return {}
    found = [
        one for one in connections.sources_of(deployed).list_sources() if one.channel == channel
    ]
    return {source.source: _account(source) for source in found}


def orders_of(deployed: Stack, channel: str, account: str) -> str:
    """`elsewhere` when a source of the account leaves its orders to a shop, '' otherwise."""
    found = (
        one for one in connections.sources_of(deployed).list_sources() if one.channel == channel
    )
    told = (one.config.get("orders") for one in found if _account(one) == account)
    return ORDERS_ELSEWHERE if ORDERS_ELSEWHERE in told else ""


def _compared(channel: str, account: str, known: list[str]) -> str:
    """The account, with a warning when others are connected and this is none of them."""
    if known and account not in {_in_webhooks_words(channel, one) for one in known}:
        say(
            f"{account} is no account of a connected {channel} source ({', '.join(known)}): "
            "what both tell of would count twice."
        )
    return account


def _account(source: Source) -> str:
    if source.channel == "shopify":
        return str(source.config.get("shop") or "")
    return str(source.config.get("account") or source.source)


def _asked(format_: ExportFormat, question: str, advice: str) -> str:
    if not sys.stdin.isatty():
        raise FaultError(f"A file of {format_.title} does not say whose it is.", advice)
    say(f"{question}?")
    answer = input().strip()
    if not answer:
        raise FaultError(f"A file of {format_.title} does not say whose it is.", advice)
    return _in_webhooks_words(format_.channel, answer)


def _in_webhooks_words(channel: str, account: str) -> str:
    account = account.strip()
    try:
        if "/" in account and channel != "shopify":
            raise ValueError
        return shopify.domain_of(account) if channel == "shopify" else account
    except ValueError:
        advice = "It is a name, or a Shopify shop's domain such as my-shop.myshopify.com."
        raise FaultError(f"{account} is no account.", advice) from None


def _measured(path: Path) -> tuple[str, int]:
    """The encoding, and how many lines there are but for the first; an old spreadsheet program ends them with CR alone."""
    decoder, is_utf8, last = codecs.getincrementaldecoder("utf-8")(), True, b"\n"
    ends = {b"\n": 0, b"\r": 0}
    with path.open("rb") as stream:
        for chunk in chain(_chunks(stream), [b""]):
            ends = {end: count + chunk.count(end) for end, count in ends.items()}
            last = chunk[-1:] or last
            is_utf8 = is_utf8 and _decodes(decoder, chunk)
    lines = max(ends.values()) - (last in ends)
    return "UTF-8" if is_utf8 else "Windows-1252", max(0, lines)


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes) -> bool:
    try:
        decoder.decode(chunk, final=not chunk)
    except UnicodeDecodeError:
        return False
    return True


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK):
        yield chunk


def _advice(code: str) -> str:
    return (
        f"What to click for each: {PAGES}" if code in {"missing_columns", "unknown_format"} else ""
    )
