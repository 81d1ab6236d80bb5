"""Runs one SDK in its own process, with one fault proxy for each of its cases, and returns the outcomes."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from infra.deploy import NODE
from tests.conformance.sdks.fault_proxy import NO_FAULT, SDK_TIMEOUT_SECONDS, FaultProxy
from tests.conformance.sdks.local_stack import LocalStack
from tests.conformance.sdks.sdk_cases import PYTHON_DRIVER, Sdk, SdkCase
from tests.conformance.sdks.sdk_packages import (
    NODE_MODULES_FOLDER,
    SDKS_FOLDER,
    find_browser,
    find_interpreter,
)

DRIVERS_FOLDER = Path(__file__).parent / "drivers"
MAX_DRIVER_SECONDS = 90.0
MAX_EXIT_SECONDS = 10
POLL_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class CaseOutcome:
    """The outcome of one case. `note` is what the owner sees of a delivery that is refused as expected."""

    case: SdkCase
    calls: int
    failures: list[str]
    note: str = ""


def run_sdk(sdk: Sdk, stack: LocalStack) -> list[CaseOutcome]:
    """Run all cases of an SDK and return their outcomes."""
    cases = [SdkCase(sdk, fault) for fault in sdk.faults]
    proxies = [FaultProxy(stack.api, case.fault) for case in cases]
    keys = [stack.create_write_key(case.name) for case in cases]
    with ExitStack() as exit_stack:
        hosts = [exit_stack.enter_context(proxy.serve()) for proxy in proxies]
        driver_cases = [
            {
                "host": host,
                "key": key,
                "user": case.name,
                "timeoutSeconds": SDK_TIMEOUT_SECONDS,
                "options": sdk.options,
            }
            for case, host, key in zip(cases, hosts, keys, strict=True)
        ]
        is_finished = partial(_is_finished, cases, proxies, stack)
        log = SDKS_FOLDER / f"{cases[0].name}.log"
        failures = _run_driver(sdk, json.dumps(driver_cases), log, is_finished)
    return [
        _check_case(case, proxy, stack, key, failures)
        for case, proxy, key in zip(cases, proxies, keys, strict=True)
    ]


def _run_driver(
    sdk: Sdk, driver_cases: str, log: Path, is_finished: Callable[[], bool]
) -> list[str]:
    """Run the driver of an SDK with its cases, and return the failures of the driver itself."""
    with log.open("wb") as output:
        driver = subprocess.Popen(  # noqa: S603  our own programs
            _build_command(sdk, driver_cases),
            env=_build_environment(),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
        )
    deadline = time.monotonic() + MAX_DRIVER_SECONDS
    while driver.poll() is None and time.monotonic() < deadline:
        if sdk.is_browser_sdk and is_finished():
            break
        time.sleep(POLL_SECONDS)
    try:
        driver.communicate(timeout=MAX_EXIT_SECONDS)
    except subprocess.TimeoutExpired:
        driver.kill()
        driver.wait()
        return [f"the SDK did not finish, see {log}"]
    return [f"the SDK exited with {driver.returncode}, see {log}"] if driver.returncode else []


def _is_finished(cases: list[SdkCase], proxies: list[FaultProxy], stack: LocalStack) -> bool:
    """Return whether the pages may be closed, which never end: all events exist and all failed calls were retried."""
    if not all(proxy.has_received_retries for proxy in proxies):
        return False
    events = stack.read_events()
    return all(len(events[case.name]) >= len(case.sdk.event_types) for case in cases)


def _check_case(
    case: SdkCase, proxy: FaultProxy, stack: LocalStack, key: str, driver_failures: list[str]
) -> CaseOutcome:
    events = stack.read_events()[case.name]
    codes = stack.list_reject_codes(key)
    if case.sdk.has_gzip_body and not events and {*codes} == {"gzip_mangled"}:
        note = "refused as gzip_mangled, and stored as a reject"
        return CaseOutcome(case=case, calls=proxy.calls, failures=driver_failures, note=note)
    failures = driver_failures + case.list_failures(events, stack.read_pepper())
    if case.fault is not NO_FAULT and not proxy.failed_paths:
        failures.append("no call failed")
    if not proxy.has_received_retries:
        failures.append("a failed call was not retried")
    failures += [f"refused as {code}" for code in codes]
    return CaseOutcome(case=case, calls=proxy.calls, failures=failures)


def _build_command(sdk: Sdk, driver_cases: str) -> list[str]:
    runtime = find_interpreter(sdk.environment) if sdk.driver == PYTHON_DRIVER else NODE
    return [str(runtime), str(DRIVERS_FOLDER / sdk.driver), sdk.package, driver_cases]


def _build_environment() -> dict[str, str]:
    """Return the environment of a driver, without the variables that send local calls through an HTTP proxy."""
    variables = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    return variables | {"NODE_PATH": str(NODE_MODULES_FOLDER), "CHROMIUM": find_browser()}
