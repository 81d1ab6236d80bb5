"""Checks 100,000 changes of genuine deliveries: none of a signed part is accepted, and none of an unsigned is refused."""

import pytest

from regulars.channels.registry import CHANNELS
from tests.conformance.mutations.__main__ import SUITE_SEED, iterate_runs, main
from tests.conformance.mutations.mutation_run import MutationRun
from tests.conformance.mutations.schemes.registry import SIGNATURE_SCHEMES
from tests.support.verification import accept_deliveries, replace_verification

MUTATION_COUNT = 100_000


@pytest.mark.parametrize(
    ("run", "count"),
    [
        pytest.param(run, count, id=run.name)
        for run, count in iterate_runs(MUTATION_COUNT, SUITE_SEED)
    ],
)
def test_mutations_get_the_correct_verdict(run: MutationRun, count: int) -> None:
    counts = run.run(count)
    assert (counts.examples, counts.wrong_verdicts) == ([], 0)
    assert min(counts.accepted, counts.refused) > 0


def test_every_channel_has_a_signature_scheme() -> None:
    assert {scheme.channel for scheme in SIGNATURE_SCHEMES} == CHANNELS.keys()


def test_verifier_that_accepts_everything_is_detected(capsys: pytest.CaptureFixture[str]) -> None:
    with accept_deliveries("shopify"):
        assert main(["--count", "500", "--seed", SUITE_SEED]) == 1
    assert "shopify" in capsys.readouterr().out


def fail(*_: object) -> None:
    raise ZeroDivisionError


def test_verifier_that_raises_is_detected() -> None:
    with replace_verification("shopify", fail):
        counts = MutationRun(SIGNATURE_SCHEMES[0], SUITE_SEED).run(50)
    assert counts.wrong_verdicts == 50
    assert "ZeroDivisionError" in counts.examples[0]
