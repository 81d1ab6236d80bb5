"""Runs every SDK against a stack of its own and shows a table; the exit code is 1 when anything is amiss."""

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor

from infra.cli.terminal import format_table, print_message, print_result, show_step
from infra.local.places import BUILD
from tests.conformance.sdks import installation
from tests.conformance.sdks.cases import SDKS, Sdk
from tests.conformance.sdks.proxy import FAULTS
from tests.conformance.sdks.running import Outcome, run
from tests.conformance.sdks.stand import standing

AT_ONCE = 2


def main() -> int:
    """Install, run, report."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.sdks", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="SDK", help="those whose name holds this")
    only = parser.parse_args().only
    chosen = [sdk for sdk in SDKS if not only or any(part in sdk.name for part in only)]
    if not installation.browser() and any(sdk.in_browser for sdk in chosen):
        print_message(
            "There is no Chromium here: the SDKs of browsers are left out. Debian: apt install chromium"
        )
        chosen = [sdk for sdk in chosen if not sdk.in_browser]
    with show_step("Installing the SDKs"):
        installation.install()
    outcomes = _outcomes(chosen)
    _show(outcomes)
    return 1 if any(outcome.complaints for outcome in outcomes) else 0


def _outcomes(chosen: list[Sdk]) -> list[Outcome]:
    with (
        standing(BUILD / "local-sdks") as stand,
        show_step(f"Running {len(chosen)} SDKs") as current,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        found: list[Outcome] = []
        for outcomes in pool.map(lambda sdk: run(sdk, stand), chosen):
            found += outcomes
            current.update(f"{len(found)} cases")
        return found


def _show(outcomes: list[Outcome]) -> None:
    """A row an SDK, a column a fault; then every complaint and note."""
    cells = {(one.case.sdk.name, one.case.fault.name): _cell(one) for one in outcomes}
    names = list(dict.fromkeys(one.case.sdk.name for one in outcomes))
    heading = ("events arrived once", *(fault.name for fault in FAULTS))
    rows = [(name, *(cells.get((name, fault.name), "") for fault in FAULTS)) for name in names]
    said = [
        f"{one.case.sdk.name}, {one.case.fault.name}: {text}"
        for one in outcomes
        for text in (*one.complaints, one.note)
        if text
    ]
    wrong = sum(bool(one.complaints) for one in outcomes)
    counts = f"{len(outcomes) - wrong} passed, {wrong} failed"
    print_result(None, [*format_table([heading, *rows]), *said, counts], as_json=False)


def _cell(outcome: Outcome) -> str:
    if outcome.complaints:
        return "FAILED"
    calls = f"in {outcome.calls} calls"
    return "kept" if outcome.note else f"{len(outcome.case.sdk.events)} {calls}"


if __name__ == "__main__":
    sys.exit(main())
