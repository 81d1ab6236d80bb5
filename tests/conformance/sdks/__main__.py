"""Runs every SDK against its own stack and prints a table. The exit code is 1 if a case fails."""

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor

from infra.cli.terminal import format_table, print_message, print_result, show_step
from infra.local.places import BUILD_FOLDER
from tests.conformance.sdks.fault_proxy import FAULTS
from tests.conformance.sdks.local_stack import run_local_stack
from tests.conformance.sdks.sdk_cases import SDKS, Sdk
from tests.conformance.sdks.sdk_packages import find_browser, install_sdks
from tests.conformance.sdks.sdk_run import CaseOutcome, run_sdk

CONCURRENT_SDKS = 2


def main(arguments: list[str] | None = None) -> int:
    """Install the SDKs, run them, and print the outcomes."""
    sdks = _select_sdks(_parse_arguments(arguments).names)
    if not find_browser() and any(sdk.is_browser_sdk for sdk in sdks):
        print_message(
            "Chromium is not installed: the browser SDKs are skipped. Debian: apt install chromium"
        )
        sdks = [sdk for sdk in sdks if not sdk.is_browser_sdk]
    with show_step("Installing the SDKs"):
        install_sdks()
    outcomes = _run_sdks(sdks)
    _show_outcomes(outcomes)
    return 1 if any(outcome.failures for outcome in outcomes) else 0


def _parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.sdks", description=__doc__)
    help_text = "run only the SDKs whose name contains this text"
    parser.add_argument("names", nargs="*", metavar="SDK", help=help_text)
    return parser.parse_args(arguments)


def _select_sdks(names: list[str]) -> list[Sdk]:
    return [sdk for sdk in SDKS if not names or any(name in sdk.name for name in names)]


def _run_sdks(sdks: list[Sdk]) -> list[CaseOutcome]:
    with (
        run_local_stack(BUILD_FOLDER / "local-sdks") as stack,
        show_step(f"Running {len(sdks)} SDKs") as current,
        ThreadPoolExecutor(CONCURRENT_SDKS) as pool,
    ):
        outcomes: list[CaseOutcome] = []
        for sdk_outcomes in pool.map(lambda sdk: run_sdk(sdk, stack), sdks):
            outcomes += sdk_outcomes
            current.update(f"{len(outcomes)} cases")
        return outcomes


def _show_outcomes(outcomes: list[CaseOutcome]) -> None:
    """Print a row for each SDK with a column for each fault, then all failures and notes."""
    cells = {
        (outcome.case.sdk.name, outcome.case.fault.name): _format_cell(outcome)
        for outcome in outcomes
    }
    names = list(dict.fromkeys(outcome.case.sdk.name for outcome in outcomes))
    heading = ("events arrived once", *(fault.name for fault in FAULTS))
    rows = [(name, *(cells.get((name, fault.name), "") for fault in FAULTS)) for name in names]
    remarks = [
        f"{outcome.case.sdk.name}, {outcome.case.fault.name}: {text}"
        for outcome in outcomes
        for text in (*outcome.failures, outcome.note)
        if text
    ]
    failed = sum(bool(outcome.failures) for outcome in outcomes)
    summary = f"{len(outcomes) - failed} passed, {failed} failed"
    print_result(None, [*format_table([heading, *rows]), *remarks, summary], as_json=False)


def _format_cell(outcome: CaseOutcome) -> str:
    if outcome.failures:
        return "FAILED"
    if outcome.note:
        return "stored as reject"
    return f"{len(outcome.case.sdk.event_types)} in {outcome.calls} calls"


if __name__ == "__main__":
    sys.exit(main())
