"""To which account an export belongs: the given one, the connected one, or a question."""

from typing import Any

import pytest

from regulars.admin.errors import AccountRequiredError, InvalidAccountError, UnnamedShopError
from regulars.admin.import_accounts import ImportAccount, find_account, parse_account
from regulars.channels.commerce.shopify import order_export as shopify_orders
from regulars.channels.exports import contact_list
from regulars.channels.payments.stripe import payment_export as stripe_payments
from regulars.store.sources import Source, Sources
from tests.support.aws import MotoStack

SHOP = "my-shop.myshopify.com"


@pytest.fixture
def sources(aws: MotoStack) -> Sources:
    return Sources("test-control", aws.dynamodb)


def connect(sources: Sources, channel: str, *names: str, **config: Any) -> None:
    """Store sources with the same config."""
    for name in names:
        sources.save_source(Source(channel=channel, source=name, config=config))


def test_contact_list_belongs_to_no_account(sources: Sources) -> None:
    assert find_account(sources, contact_list.EXPORT_FORMAT) == ImportAccount("")


def test_file_of_no_channel_belongs_to_the_account_that_is_given(sources: Sources) -> None:
    assert find_account(sources, contact_list.EXPORT_FORMAT, " till ") == ImportAccount("till")
    with pytest.raises(InvalidAccountError):
        find_account(sources, contact_list.EXPORT_FORMAT, "a/b")


def test_default_account_is_assumed_when_no_source_is_connected(sources: Sources) -> None:
    account = find_account(sources, stripe_payments.EXPORT_FORMAT)
    assert account == ImportAccount("main", is_assumed=True)


def test_account_of_several_sources_is_required(sources: Sources) -> None:
    connect(sources, "stripe", "eu", "us")
    with pytest.raises(AccountRequiredError) as required:
        find_account(sources, stripe_payments.EXPORT_FORMAT)
    assert required.value.accounts == ("eu", "us")


def test_shop_is_required_when_none_is_connected(sources: Sources) -> None:
    with pytest.raises(AccountRequiredError) as required:
        find_account(sources, shopify_orders.EXPORT_FORMAT)
    assert (required.value.channel, required.value.accounts) == ("shopify", ())


@pytest.mark.parametrize("given", ["my-shop", "https://My-Shop.myshopify.com/"])
def test_shop_is_named_as_its_webhooks_name_it(sources: Sources, given: str) -> None:
    assert find_account(sources, shopify_orders.EXPORT_FORMAT, given).account == SHOP


def test_shop_can_be_named_by_its_source(sources: Sources) -> None:
    connect(sources, "shopify", "eu", shop=SHOP)
    assert find_account(sources, shopify_orders.EXPORT_FORMAT, "eu").account == SHOP


def test_source_that_does_not_name_its_shop_is_an_error(sources: Sources) -> None:
    connect(sources, "shopify", "eu")
    with pytest.raises(UnnamedShopError, match="eu"):
        find_account(sources, shopify_orders.EXPORT_FORMAT, "eu")


@pytest.mark.parametrize(("given", "others"), [("acct_2", ("acct_1",)), ("acct_1", ()), ("eu", ())])
def test_account_that_is_not_connected_comes_with_those_that_are(
    sources: Sources, given: str, others: tuple[str, ...]
) -> None:
    connect(sources, "stripe", "eu", account="acct_1")
    assert find_account(sources, stripe_payments.EXPORT_FORMAT, given).other_accounts == others


@pytest.mark.parametrize(("channel", "text"), [("stripe", "a/b"), ("shopify", "my shop")])
def test_text_that_is_no_account_is_refused(channel: str, text: str) -> None:
    with pytest.raises(InvalidAccountError):
        parse_account(channel, text)
