"""Decides to which account an export belongs, in the words of its channel's webhooks, so that both name the same orders."""

from collections.abc import Iterable

import msgspec

from regulars.admin.errors import AccountRequiredError, InvalidAccountError, UnnamedShopError
from regulars.channels.commerce.shopify.delivery import normalize_domain
from regulars.channels.drafts.sales import ORDERS_ELSEWHERE
from regulars.channels.exports.contract import ExportFormat
from regulars.channels.registry import CHANNELS
from regulars.store.sources import Source, Sources

SHOPIFY = "shopify"
DEFAULT_ACCOUNT = "main"  # the name of a source that is connected without one


class ImportAccount(msgspec.Struct, frozen=True):
    """The account of an export.

    `is_assumed` says that no source of the channel is connected, so that DEFAULT_ACCOUNT was taken. `other_accounts` are
    the connected ones when the given account is none of them: what both name would count twice.
    """

    account: str
    is_assumed: bool = False
    other_accounts: tuple[str, ...] = ()


def find_account(
    sources: Sources, format_: ExportFormat, requested: str | None = None
) -> ImportAccount:
    """Return the account of a file: the given one (an account, or the name of a source), else the connected one.

    Raise AccountRequiredError when that does not decide it, UnnamedShopError, or InvalidAccountError.
    """
    channel = format_.channel
    if not channel:
        return ImportAccount(parse_account(channel, requested) if requested else "")
    by_source = list_accounts(sources, channel)
    connected = tuple(sorted({*by_source.values()} - {""}))
    if requested and by_source.get(requested) == "":
        raise UnnamedShopError(requested)
    if requested or len(connected) == 1:
        account = by_source.get(requested, requested) if requested else connected[0]
        return _compare_account(channel, parse_account(channel, account), connected)
    if connected or channel == SHOPIFY:
        raise AccountRequiredError(format_.title, channel, connected)
    return ImportAccount(DEFAULT_ACCOUNT, is_assumed=True)


def list_accounts(sources: Sources, channel: str) -> dict[str, str]:
    """Return the accounts of a channel by the name of their source, as webhooks scope their ids; '' for an unnamed one."""
    if channel not in CHANNELS:
        return {}
    return {source.source: _account_of(source) for source in _list_sources(sources, channel)}


def has_orders_elsewhere(sources: Sources, channel: str, account: str) -> bool:
    """Return whether a source of the account leaves its orders to a shop, which reports the same sales."""
    of_account = (
        source for source in _list_sources(sources, channel) if _account_of(source) == account
    )
    return any(source.config.get("orders") == ORDERS_ELSEWHERE for source in of_account)


def parse_account(channel: str, text: str) -> str:
    """Return an account as the webhooks of the channel spell it; raise InvalidAccountError when it is none."""
    account = text.strip()
    try:
        if "/" in account and channel != SHOPIFY:
            raise ValueError
        return normalize_domain(account) if channel == SHOPIFY else account
    except ValueError:
        raise InvalidAccountError(account) from None


def _compare_account(channel: str, account: str, connected: tuple[str, ...]) -> ImportAccount:
    is_connected = account in {parse_account(channel, name) for name in connected}
    return ImportAccount(account, other_accounts=() if is_connected else connected)


def _list_sources(sources: Sources, channel: str) -> Iterable[Source]:
    return (source for source in sources.list_sources() if source.channel == channel)


def _account_of(source: Source) -> str:
    if source.channel == SHOPIFY:
        return str(source.config.get("shop") or "")
    return str(source.config.get("account") or source.source)
