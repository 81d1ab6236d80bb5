"""Reconcile all sources every hour: fetch from each provider's API what its webhooks did not deliver."""

from typing import Any

import msgspec

from regulars.channels.feeds.https import HttpsClient
from regulars.channels.feeds.provider_api import ProviderApi
from regulars.ingestion.order_claims import OrderClaims
from regulars.ingestion.reconciliation.fetched_records import RecordImporter
from regulars.ingestion.reconciliation.reconciler import Reconciler
from regulars.ingestion.recording import Recorder
from regulars.settings import ReconcileSourcesSettings
from regulars.store.clients import create_dynamodb_client
from regulars.store.contacts import Contacts
from regulars.store.ledger import Ledger
from regulars.store.order_sources import OrderSources
from regulars.store.parameters import Parameters
from regulars.store.reconciliations import Reconciliations
from regulars.store.rejects import Rejects
from regulars.store.sources import Sources
from regulars.store.tombstones import TombstoneStore

SETTINGS = ReconcileSourcesSettings.from_env()
CLIENT = create_dynamodb_client()
PARAMETERS = Parameters(SETTINGS.parameters_prefix)
RECORDER = Recorder(
    Ledger(SETTINGS.events_table, CLIENT),
    Contacts(SETTINGS.contacts_table, CLIENT),
    PARAMETERS,
    TombstoneStore(SETTINGS.profiles_table, CLIENT),
    OrderClaims(OrderSources(SETTINGS.control_table, CLIENT)),
)
RECONCILER = Reconciler(
    Sources(SETTINGS.control_table, CLIENT),
    PARAMETERS,
    Reconciliations(SETTINGS.control_table, CLIENT),
    RecordImporter(
        RECORDER,
        Rejects(SETTINGS.rejects_table, CLIENT),
        SETTINGS.default_country,
        SETTINGS.default_currency,
    ),
)
HTTPS_CLIENT = HttpsClient()
# A page takes seconds; the reserve leaves time for one of a provider that answers slowly.
RESERVE_SECONDS = 150.0


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Reconcile all sources, or those that `only` names (`shopify`, `shopify/main`); the next run continues the rest."""

    def seconds_left() -> float:
        return float(context.get_remaining_time_in_millis()) / 1000 - RESERVE_SECONDS

    provider = ProviderApi(HTTPS_CLIENT, seconds_left)
    outcomes = RECONCILER.run(provider, lambda: seconds_left() > 0, str(event.get("only", "")))
    return {"sources": msgspec.to_builtins(outcomes)}
