"""100,000 changes of genuine deliveries: none that was signed is taken, none that was not signed is refused."""

import pytest

from regulars.channels.registry import CHANNELS
from tests.conformance.mutations.__main__ import SEED, campaigns, main
from tests.conformance.mutations.campaign import Campaign
from tests.conformance.mutations.schemes import SCHEMES
from tests.support.verification import accept_deliveries, replace_verification

COUNT = 100_000


@pytest.mark.parametrize(
    ("campaign", "count"),
    [pytest.param(*each, id=each[0].name) for each in campaigns(COUNT, SEED)],
)
def test_mutations_get_the_verdict_of_what_was_changed(campaign: Campaign, count: int) -> None:
    tally = campaign.run(count)
    assert (tally.examples, tally.wrong) == ([], 0)
    assert min(tally.believed, tally.refused) > 0


def test_every_channel_has_its_scheme() -> None:
    assert {scheme.channel for scheme in SCHEMES} == CHANNELS.keys()


def test_verifier_that_believes_everybody_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    with accept_deliveries("shopify"):
        assert main(["--count", "500", "--seed", SEED]) == 1
    assert "shopify" in capsys.readouterr().out


def fail(*_: object) -> None:
    raise ZeroDivisionError


def test_verifier_that_fails_is_found() -> None:
    with replace_verification("shopify", fail):
        tally = Campaign(SCHEMES[0], SEED).run(50)
    assert tally.wrong == 50
    assert "ZeroDivisionError" in tally.examples[0]
