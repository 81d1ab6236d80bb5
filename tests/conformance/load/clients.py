"""Sends requests as providers and SDKs do: concurrently, with retries after an error, and with some duplicates."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random

import urllib3

from tests.conformance.load.load_requests import LoadRequest, RequestGenerator

DUPLICATE_SHARE = 0.15  # the share of requests that are sent a second time
RECENT_REQUESTS = 200  # a duplicate repeats one of these
MAX_ATTEMPTS = 60
TIMEOUT_SECONDS = 60.0
MAX_BACKOFF_SECONDS = 3.0
NO_RESPONSE_STATUS = 0
THROTTLED_STATUS = 429
MIN_ERROR_STATUS = 500


@dataclass
class ResponseLog:
    """The requests and responses of all senders."""

    statuses: Counter[int] = field(default_factory=Counter)
    unexpected: list[str] = field(default_factory=list)
    requests: list[LoadRequest] = field(default_factory=list)
    acknowledged_markers: set[str] = field(default_factory=set)
    refused_markers: set[str] = field(default_factory=set)
    abandoned_count: int = 0
    duplicate_count: int = 0
    seconds: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def record_response(self, request: LoadRequest, status: int, seconds: float) -> None:
        """Record the status of one attempt. 0 means that there was no response."""
        with self.lock:
            self.statuses[status] += 1
            self.seconds.append(seconds)
            if status == request.expected_status:
                self.acknowledged_markers.update(request.event_markers)
                self.refused_markers.update(request.refused_markers)
            elif not _is_retried(status):
                self.unexpected.append(f"{request.kind}: response {status}")

    def choose_duplicate(self, random: Random) -> LoadRequest | None:
        """Return, for some calls, an earlier request. Another sender may be sending it at the same time."""
        with self.lock:
            if not self.requests or random.random() > DUPLICATE_SHARE:
                return None
            self.duplicate_count += 1
            return random.choice(self.requests[-RECENT_REQUESTS:])

    def add_request(self, request: LoadRequest) -> LoadRequest:
        """Record a new request, so that it can be duplicated, and return it."""
        with self.lock:
            self.requests.append(request)
        return request

    def count_abandoned_request(self) -> None:
        """Count a request that failed in all attempts."""
        with self.lock:
            self.abandoned_count += 1


def send_requests(senders: int, seconds: float, api: str, write_key: str, seed: str) -> ResponseLog:
    """Send from this many senders for this long. Before that, call each function once, as its first call is slow."""
    log, generator = ResponseLog(), RequestGenerator(write_key, Random(seed))
    with urllib3.PoolManager(retries=False, timeout=TIMEOUT_SECONDS) as http:
        for request in (generator.build_call(), generator.build_form()):
            _send_with_retries(http, api, log.add_request(request), log, generator.random)
    deadline = time.monotonic() + seconds
    generators = [
        RequestGenerator(write_key, Random(f"{seed}/{number}")) for number in range(senders)
    ]
    with ThreadPoolExecutor(senders) as pool:
        list(pool.map(lambda generator: _send_until(generator, api, log, deadline), generators))
    return log


def _send_until(generator: RequestGenerator, api: str, log: ResponseLog, deadline: float) -> None:
    with urllib3.PoolManager(retries=False, timeout=TIMEOUT_SECONDS) as http:
        while time.monotonic() < deadline:
            duplicate = log.choose_duplicate(generator.random)
            request = duplicate or log.add_request(generator.generate())
            if not _send_with_retries(http, api, request, log, generator.random):
                log.count_abandoned_request()


def _send_with_retries(
    http: urllib3.PoolManager, api: str, request: LoadRequest, log: ResponseLog, random: Random
) -> bool:
    """Send a request until it gets a final response. Return False if there is none after all attempts."""
    for attempt in range(MAX_ATTEMPTS):
        start = time.monotonic()
        status = _post(http, api, request)
        log.record_response(request, status, time.monotonic() - start)
        if not _is_retried(status):
            return True
        time.sleep(min(2**attempt / 10, MAX_BACKOFF_SECONDS) * (0.5 + random.random()))
    return False


def _post(http: urllib3.PoolManager, api: str, request: LoadRequest) -> int:
    try:
        return http.request(
            "POST", api + request.path, headers=request.headers, body=request.body
        ).status
    except urllib3.exceptions.HTTPError:
        return NO_RESPONSE_STATUS


def _is_retried(status: int) -> bool:
    """Return whether a sender retries after this status."""
    return status in {NO_RESPONSE_STATUS, THROTTLED_STATUS} or status >= MIN_ERROR_STATUS
