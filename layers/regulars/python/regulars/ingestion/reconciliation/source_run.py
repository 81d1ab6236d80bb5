"""Run the reconciliation of one source: walk through its feeds page by page, and save the progress after each page."""

from collections.abc import Callable
from datetime import datetime, timedelta
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
from regulars.channels.registry import load_feeds
from regulars.domain.times import from_text, to_text
from regulars.ingestion.reconciliation.fetched_records import RecordCounts, RecordImporter
from regulars.store.reconciliations import FeedWalk, Reconciliation, Reconciliations
from regulars.store.sources import Source
from regulars.transport.logging import log_failure

# Of the first run: an outage because of which the owner connected the API, and no more. Older records are imported.
LOOKBACK = timedelta(days=7)
# A provider may show a change some time after the change's date.
OVERLAP = timedelta(minutes=10)
# Codes of a provider that answers for no resource: the source's other feeds are not asked.
SILENT_CODES = frozenset({"unreachable", "busy"})
SETUP_WALK = "setup"  # holds the fault of a source whose provider cannot be asked at all


class SourceOutcome(msgspec.Struct, frozen=True):
    """The result of one source; `finished` unless time ran out or `faults` holds a reason by feed."""

    source: str
    new: int = 0
    known: int = 0
    rejected: int = 0
    finished: bool = True
    faults: dict[str, str] = {}


class SourceRun:
    """One run over one source; its state is saved after every page."""

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

    def start(self) -> None:
        """Save that the run began, and reset its counts."""
        self._save_state(ran_at=to_text(self._clock()), new=0, known=0, rejected=0)

    def list_feeds(self, credentials: dict[str, str], provider: ProviderApi) -> list[Feed]:
        """Return the source's feeds; save a fault and return none when its configuration cannot work."""
        try:
            feeds = _build_feeds(self._source, credentials, provider)
        except FeedError as error:
            self._save_walk(SETUP_WALK, self._build_failed_walk(self._find_walk(SETUP_WALK), error))
            return []
        names = {feed.name for feed in feeds}
        walks = {name: walk for name, walk in self._state.walks.items() if name in names}
        if walks != self._state.walks:
            self._save_state(walks=walks)
        return feeds

    def walk_feed(self, feed: Feed, importer: RecordImporter, has_time: Callable[[], bool]) -> bool:
        """Import pages until the last one, a fault or the end of time; return whether to go on with the next feed."""
        while has_time():
            walk = self._find_walk(feed.name)
            try:
                page = _fetch_page(feed, walk)
            except FeedError as error:
                self._save_walk(feed.name, self._build_failed_walk(walk, error))
                return error.code not in SILENT_CODES
            now = self._clock()
            counts = importer.import_records(self._source, self._config, page.records, now)
            self._save_walk(feed.name, self._advance_walk(walk, page), counts)
            if not page.cursor:
                return True
        self._ran_out_of_time = True
        return False

    def build_outcome(self, run_faults: dict[str, str]) -> SourceOutcome:
        """Return the result of this run."""
        state = self._state
        faults = {name: walk.reason for name, walk in state.walks.items() if walk.fault}
        faults |= run_faults
        return SourceOutcome(
            source=f"{state.channel}/{state.source}",
            new=state.new,
            known=state.known,
            rejected=state.rejected,
            finished=not faults and not self._ran_out_of_time,
            faults=faults,
        )

    def _find_walk(self, name: str) -> FeedWalk:
        return self._state.walks.get(name, FeedWalk(since=to_text(self._clock() - LOOKBACK)))

    def _advance_walk(self, walk: FeedWalk, page: FeedPage) -> FeedWalk:
        """Return the walk after a page.

        After the last page its watermark moves, by the provider's clock, to the time up to which all changes are in.
        """
        began = walk.began or page.at or to_text(self._clock())
        newest = max(walk.newest, page.newest)
        if page.cursor:
            return FeedWalk(since=walk.since, cursor=page.cursor, began=began, newest=newest)
        if not newest:
            return FeedWalk(since=walk.since)
        complete_until = from_text(min(newest, began)) - OVERLAP
        return FeedWalk(since=max(walk.since, to_text(complete_until)))

    def _build_failed_walk(self, walk: FeedWalk, error: FeedError) -> FeedWalk:
        since = walk.faulty_since or to_text(self._clock())
        resumed_walk = FeedWalk(since=walk.since) if isinstance(error, CursorLostError) else walk
        return msgspec.structs.replace(
            resumed_walk, fault=error.code, reason=str(error), faulty_since=since
        )

    def _save_walk(self, name: str, walk: FeedWalk, counts: RecordCounts | None = None) -> None:
        counts = counts or RecordCounts()
        self._save_state(
            walks=self._state.walks | {name: walk},
            new=self._state.new + counts.new,
            known=self._state.known + counts.known,
            rejected=self._state.rejected + counts.rejected,
        )

    def _save_state(self, **changes: Any) -> None:
        state = msgspec.structs.replace(self._state, **changes)
        self._state = self._reconciliations.save_reconciliation(state)


def _build_feeds(source: Source, credentials: dict[str, str], provider: ProviderApi) -> list[Feed]:
    """Return the feeds that the credentials give access to; raise FeedError when there is none."""
    feeds = load_feeds(source.channel, source.config, credentials, provider)
    if not feeds:
        raise config_error("Its credentials are not complete; connect it again.")
    return feeds


def _fetch_page(feed: Feed, walk: FeedWalk) -> FeedPage:
    """Return the next page; raise FeedError for an answer that breaks the feed, which stops no other source."""
    try:
        return feed.read_page(walk.since, walk.cursor)
    except FeedError:
        raise
    except Exception as error:
        log_failure(error, "reconcile_sources")
        raise response_error("The provider's response is not valid.") from error
