"""Nothing is lost when a provider gives up: each is asked for what changed since it was last asked."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from regulars.channels.feeds.contract import (
    CursorLostError,
    Feed,
    FeedError,
    FeedPage,
    config_error,
    response_error,
)
from regulars.channels.feeds.provider_api import ProviderApi
from regulars.channels.registry import FEED_PROVIDERS, load_feeds
from regulars.domain.errors import ConcurrentUpdateError
from regulars.domain.times import from_text, to_text
from regulars.ingestion.reconciliation.fetched_records import Fetching, Taken
from regulars.store.parameters import Parameters
from regulars.store.reconciliations import FeedWalk, Reconciliation, Reconciliations
from regulars.store.sources import Source, Sources
from regulars.transport.logging import log_failure

# The first time: an outage that made the owner think of this, and no more. What is older is imported.
LOOKBACK = timedelta(days=7)
# A provider may show a change some time after it dated it.
OVERLAP = timedelta(minutes=10)
SILENT = frozenset({"unreachable", "busy"})  # who says so of one resource will say so of the next
SETUP = "setup"  # the walk under which a source that cannot be asked at all is listed


class Outcome(msgspec.Struct, frozen=True):
    """What asking one source came to; `finished` unless time ran out or something was in the way."""

    source: str
    new: int = 0
    known: int = 0
    rejected: int = 0
    finished: bool = True
    faults: dict[str, str] = {}


class Reconciling:
    """Asks the providers of all sources, the one that was asked longest ago first."""

    def __init__(
        self,
        sources: Sources,
        parameters: Parameters,
        reconciliations: Reconciliations,
        fetching: Fetching,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._sources = sources
        self._parameters = parameters
        self._reconciliations = reconciliations
        self._fetching = fetching
        self._clock = clock

    def run(
        self, provider: ProviderApi, has_time: Callable[[], bool], only: str = ""
    ) -> list[Outcome]:
        """Ask them all, or `only` the channel or `<channel>/<source>`; what is not done is gone on with the next time."""
        waiting = sorted(self._askable(only), key=lambda pair: pair[0].ran_at)
        return [self._ask(*pair, provider, has_time) for pair in waiting if has_time()]

    def _askable(self, only: str) -> Iterator[tuple[Reconciliation, Source]]:
        for source in self._sources.list_sources():
            channel, name = source.channel, source.source
            is_meant = only in (channel, f"{channel}/{name}", "") and not source.disabled
            if (
                is_meant
                and channel in FEED_PROVIDERS
                and self._parameters.read_credentials(channel, name)
            ):
                yield self._reconciliations.read_reconciliation(channel, name), source

    def _ask(
        self,
        state: Reconciliation,
        source: Source,
        provider: ProviderApi,
        has_time: Callable[[], bool],
    ) -> Outcome:
        credentials = self._parameters.read_credentials(source.channel, source.source)
        asking = _Asking(
            state, source, source.config | credentials, self._reconciliations, self._clock
        )
        try:
            asking.begin()
            for feed in asking.feeds(credentials, provider):
                if not asking.walk(feed, self._fetching, has_time):
                    break
        except ConcurrentUpdateError:
            return asking.outcome({"run": "another run is asking the same provider"})
        return asking.outcome({})


class _Asking:
    """One run over one source: its state, saved after every page."""

    def __init__(
        self,
        state: Reconciliation,
        source: Source,
        config: dict[str, Any],
        reconciliations: Reconciliations,
        clock: Callable[[], datetime],
    ) -> None:
        self._state = state
        self._source = source
        self._config = config
        self._reconciliations = reconciliations
        self._clock = clock
        self._ran_out_of_time = False

    def begin(self) -> None:
        """Say that it is being asked, and count anew."""
        self._save(ran_at=to_text(self._clock()), new=0, known=0, rejected=0)

    def feeds(self, credentials: dict[str, str], provider: ProviderApi) -> list[Feed]:
        """What it can be asked for; a setup that cannot work is a fault of its own."""
        try:
            feeds = _feeds(self._source, credentials, provider)
        except FeedError as error:
            self._set(SETUP, self._faulty(self._walk(SETUP), error))
            return []
        kept = {feed.name for feed in feeds}
        walks = {name: walk for name, walk in self._state.walks.items() if name in kept}
        if walks != self._state.walks:
            self._save(walks=walks)
        return feeds

    def walk(self, feed: Feed, fetching: Fetching, has_time: Callable[[], bool]) -> bool:
        """Turn pages until there is none, or no time, or a fault; False when asking further would be in vain."""
        while has_time():
            walk = self._walk(feed.name)
            try:
                page = _shown(feed, walk)
            except FeedError as error:
                self._set(feed.name, self._faulty(walk, error))
                return error.code not in SILENT
            taken = fetching.take(self._source, self._config, page.records, self._clock())
            self._set(feed.name, self._turned(walk, page), taken)
            if not page.cursor:
                return True
        self._ran_out_of_time = True
        return False

    def outcome(self, faults: dict[str, str]) -> Outcome:
        """What this run came to."""
        state = self._state
        found = {name: walk.reason for name, walk in state.walks.items() if walk.fault} | faults
        source = f"{state.channel}/{state.source}"
        finished = not found and not self._ran_out_of_time
        return Outcome(source, state.new, state.known, state.rejected, finished, found)

    def _walk(self, name: str) -> FeedWalk:
        fresh = FeedWalk(since=to_text(self._clock() - LOOKBACK))
        return self._state.walks.get(name, fresh)

    def _turned(self, walk: FeedWalk, page: FeedPage) -> FeedWalk:
        """The walk after a page; at the end its watermark moves, by the provider's clock, to what is surely in."""
        began = walk.began or page.at or to_text(self._clock())
        newest = max(walk.newest, page.newest)
        if page.cursor:
            return FeedWalk(since=walk.since, cursor=page.cursor, began=began, newest=newest)
        if not newest:
            return FeedWalk(since=walk.since)
        sure = from_text(min(newest, began)) - OVERLAP
        return FeedWalk(since=max(walk.since, to_text(sure)))

    def _faulty(self, walk: FeedWalk, error: FeedError) -> FeedWalk:
        since = walk.faulty_since or to_text(self._clock())
        kept = FeedWalk(since=walk.since) if isinstance(error, CursorLostError) else walk
        return msgspec.structs.replace(
            kept, fault=error.code, reason=str(error), faulty_since=since
        )

    def _set(self, name: str, walk: FeedWalk, taken: Taken | None = None) -> None:
        told = taken or Taken()
        self._save(
            walks=self._state.walks | {name: walk},
            new=self._state.new + told.new,
            known=self._state.known + told.known,
            rejected=self._state.rejected + told.rejected,
        )

    def _save(self, **changes: Any) -> None:
        changed = msgspec.structs.replace(self._state, **changes)
        self._state = self._reconciliations.save_reconciliation(changed)


def _feeds(source: Source, credentials: dict[str, str], provider: ProviderApi) -> list[Feed]:
    """Everything the source can be asked for; credentials with which it can be asked for nothing are not complete."""
    feeds = load_feeds(source.channel, source.config, credentials, provider)
    if not feeds:
        raise config_error("Its credentials are not complete; connect it again.")
    return feeds


def _shown(feed: Feed, walk: FeedWalk) -> FeedPage:
    """The next page; an answer that breaks the feed is a fault of its provider, and stops no other source."""
    try:
        return feed.read_page(walk.since, walk.cursor)
    except FeedError:
        raise
    except Exception as error:
        log_failure(error, "reconcile_sources")
        raise response_error("The provider's answer cannot be read.") from error
