"""Senders as providers and SDKs are: many at once, who try again after a fault and now and then tell a thing twice."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random

import urllib3

from tests.conformance.load.load_requests import Maker, Sending

AGAIN = 0.15  # of what is sent was sent before
TRIES = 60
PATIENCE = 60.0
LONGEST_REST = 3.0  # seconds between two tries
AGAIN_PLEASE = 429
FAULT = 500


@dataclass
class Answers:
    """What was sent and what was answered, by all senders together."""

    statuses: Counter[int] = field(default_factory=Counter)
    unlike: list[str] = field(default_factory=list)
    sent: list[Sending] = field(default_factory=list)
    acknowledged: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    given_up: int = 0
    repeated: int = 0
    seconds: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, sending: Sending, status: int, seconds: float) -> None:
        """One answer; 0 stands for none."""
        with self.lock:
            self.statuses[status] += 1
            self.seconds.append(seconds)
            if status == sending.wanted:
                self.acknowledged.update(sending.marks)
                self.refused.update(sending.refused)
            elif not _is_fault(status):
                self.unlike.append(f"{sending.kind} was answered {status}")

    def earlier(self, random: Random) -> Sending | None:
        """Something that was sent before, possibly by somebody else and this very moment."""
        with self.lock:
            if not self.sent or random.random() > AGAIN:
                return None
            self.repeated += 1
            return random.choice(self.sent[-200:])

    def new(self, sending: Sending) -> Sending:
        """Remember it, so that it can be told again."""
        with self.lock:
            self.sent.append(sending)
        return sending


def sent_by(senders: int, seconds: float, api: str, write_key: str, seed: str) -> Answers:
    """So many senders send for so long, once each door has answered for the first time."""
    answers, first = Answers(), Maker(write_key, Random(seed))
    with urllib3.PoolManager(retries=False, timeout=PATIENCE) as http:
        for sending in (first.single(), first.form()):
            _delivered(http, api, answers.new(sending), answers, first.random)
    until = time.monotonic() + seconds
    makers = [Maker(write_key, Random(f"{seed}/{number}")) for number in range(senders)]
    with ThreadPoolExecutor(senders) as pool:
        list(pool.map(lambda maker: _send(maker, api, answers, until), makers))
    return answers


def _send(maker: Maker, api: str, answers: Answers, until: float) -> None:
    with urllib3.PoolManager(retries=False, timeout=PATIENCE) as http:
        while time.monotonic() < until:
            sending = answers.earlier(maker.random) or answers.new(maker.any())
            if not _delivered(http, api, sending, answers, maker.random):
                answers.given_up += 1


def _delivered(
    http: urllib3.PoolManager, api: str, sending: Sending, answers: Answers, random: Random
) -> bool:
    for attempt in range(TRIES):
        began = time.monotonic()
        try:
            status = http.request(
                "POST", api + sending.path, headers=sending.headers, body=sending.body
            ).status
        except urllib3.exceptions.HTTPError:
            status = 0
        answers.note(sending, status, time.monotonic() - began)
        if not _is_fault(status):
            return True
        time.sleep(min(2**attempt / 10, LONGEST_REST) * (0.5 + random.random()))
    return False


def _is_fault(status: int) -> bool:
    """Whether a sender tries again."""
    return status in {0, AGAIN_PLEASE} or status >= FAULT
