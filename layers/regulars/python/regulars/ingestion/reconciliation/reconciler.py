"""Reconcile sources: fetch from each provider what changed since the last run, so that no lost webhook is missed."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

from regulars.channels.feeds.contract import Feed
from regulars.channels.feeds.provider_api import ProviderApi
from regulars.channels.registry import FEED_PROVIDERS
from regulars.domain.errors import ConcurrentUpdateError
from regulars.ingestion.reconciliation.fetched_records import RecordImporter
from regulars.ingestion.reconciliation.source_run import SourceOutcome, SourceRun
from regulars.store.parameters import Parameters
from regulars.store.reconciliations import Reconciliation, Reconciliations
from regulars.store.sources import Source, Sources


class Reconciler:
    """Reconciles all sources, beginning with the one that was reconciled longest ago."""

    def __init__(
        self,
        sources: Sources,
        parameters: Parameters,
        reconciliations: Reconciliations,
        importer: RecordImporter,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._sources = sources
        self._parameters = parameters
        self._reconciliations = reconciliations
        self._importer = importer
        self._clock = clock

    def run(
        self, provider: ProviderApi, has_time: Callable[[], bool], only: str = ""
    ) -> list[SourceOutcome]:
        """Reconcile all sources, or `only` a channel or a `<channel>/<source>`; the next run continues what is left."""
        waiting = sorted(self._list_reconcilable(only), key=lambda pair: pair[0].ran_at)
        return [
            self._reconcile_source(state, source, provider, has_time)
            for state, source in waiting
            if has_time()
        ]

    def _list_reconcilable(self, only: str) -> Iterator[tuple[Reconciliation, Source]]:
        for source in self._sources.list_sources():
            channel, name = source.channel, source.source
            is_wanted = only in (channel, f"{channel}/{name}", "") and not source.disabled
            if (
                is_wanted
                and channel in FEED_PROVIDERS
                and self._parameters.read_credentials(channel, name)
            ):
                yield self._reconciliations.read_reconciliation(channel, name), source

    def _reconcile_source(
        self,
        state: Reconciliation,
        source: Source,
        provider: ProviderApi,
        has_time: Callable[[], bool],
    ) -> SourceOutcome:
        credentials = self._parameters.read_credentials(source.channel, source.source)
        config = source.config | credentials
        run = SourceRun(state, source, config, self._reconciliations, self._clock)
        try:
            run.start()
            self._walk_feeds(run, run.list_feeds(credentials, provider), has_time)
        except ConcurrentUpdateError:
            return run.build_outcome({"run": "another run is asking the same provider"})
        return run.build_outcome({})

    def _walk_feeds(
        self, run: SourceRun, feeds: Iterable[Feed], has_time: Callable[[], bool]
    ) -> None:
        for feed in feeds:
            if not run.walk_feed(feed, self._importer, has_time):
                break
