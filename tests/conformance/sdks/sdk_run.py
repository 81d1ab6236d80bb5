"""Runs one SDK in a process of its own, a proxy with one fault for each of its cases, and says what came of it."""

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
from tests.conformance.sdks.fault_proxy import NO_FAULT, PATIENCE_SECONDS, Proxy
from tests.conformance.sdks.local_stack import Stand
from tests.conformance.sdks.sdk_cases import PYTHON, Case, Sdk
from tests.conformance.sdks.sdk_packages import NODE_MODULES, SDKS, browser, python_of

DRIVERS = Path(__file__).parent / "drivers"
LONGEST_SECONDS = 90.0


@dataclass(frozen=True)
class Outcome:
    """What became of one case; `note` says what the owner sees where that is not success."""

    case: Case
    calls: int
    complaints: list[str]
    note: str = ""


def run(sdk: Sdk, stand: Stand) -> list[Outcome]:
    """The outcomes of all cases of an SDK."""
    cases = [Case(sdk, fault) for fault in sdk.faults]
    proxies = [Proxy(stand.api, case.fault) for case in cases]
    keys = [stand.admit(case.name) for case in cases]
    with ExitStack() as stack:
        hosts = [stack.enter_context(proxy.running()) for proxy in proxies]
        said = [
            {"host": host, "key": key, "user": case.name, "patience": PATIENCE_SECONDS}
            | {"options": sdk.options}
            for case, host, key in zip(cases, hosts, keys, strict=True)
        ]
        is_done = partial(_is_done, cases, proxies, stand)
        complaints = _driven(sdk, cases[0].name, json.dumps(said), is_done)
    return [
        _outcome(case, proxy, stand, key, complaints)
        for case, proxy, key in zip(cases, proxies, keys, strict=True)
    ]


def _driven(sdk: Sdk, name: str, said: str, is_done: Callable[[], bool]) -> list[str]:
    """Let the SDK tell its cases; complaints about itself."""
    log = SDKS / f"{name}.log"
    with log.open("wb") as output:
        driver = subprocess.Popen(  # noqa: S603  our own programs
            _command(sdk, said),
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
        )
    deadline = time.monotonic() + LONGEST_SECONDS
    while driver.poll() is None and time.monotonic() < deadline:
        if sdk.in_browser and is_done():
            break
        time.sleep(0.5)
    try:
        driver.communicate(timeout=10)
    except subprocess.TimeoutExpired:
        driver.kill()
        driver.wait()
        return [f"the SDK did not come to an end, see {log}"]
    return [f"the SDK ended with {driver.returncode}, see {log}"] if driver.returncode else []


def _is_done(cases: list[Case], proxies: list[Proxy], stand: Stand) -> bool:
    """Whether pages that know no end may be closed: all is there, and what failed was told again."""
    if not all(proxy.is_settled for proxy in proxies):
        return False
    found = stand.events()
    return all(len(found[case.name]) >= len(case.sdk.events) for case in cases)


def _outcome(case: Case, proxy: Proxy, stand: Stand, key: str, complaints: list[str]) -> Outcome:
    events = stand.events()[case.name]
    refused = stand.refused(key)
    if case.sdk.mangled and not events and {*refused} == {"gzip_mangled"}:
        return Outcome(case, proxy.calls, complaints, "refused as gzip_mangled, and kept")
    wrong = case.complaints(events, stand.pepper())
    if case.fault is not NO_FAULT and not proxy.failed:
        wrong.append("nothing was made to fail")
    if not proxy.is_settled:
        wrong.append("what failed was not told again")
    wrong += [f"refused as {code}" for code in refused]
    return Outcome(case, proxy.calls, complaints + wrong)


def _command(sdk: Sdk, said: str) -> list[str]:
    program, package = sdk.program
    runtime = python_of(sdk.environment) if program == PYTHON else NODE
    return [str(runtime), str(DRIVERS / program), package, said]


def _environment() -> dict[str, str]:
    """Of the caller's nothing that makes the SDKs go through a proxy to this machine."""
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    return kept | {"NODE_PATH": str(NODE_MODULES), "CHROMIUM": browser()}
