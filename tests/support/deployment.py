"""The deployment on moto, as the owner's use cases and the command line see it."""

from collections.abc import Mapping

from regulars.admin.deployment import Deployment
from regulars.store import schema
from tests.support.aws import BUCKETS, CART_CHECKS, ERASURE_WAIT_SECONDS, PREFIX

API_URL = "https://api.example.com"


def build_deployment(
    functions: Mapping[str, str] | None = None, queues: Mapping[str, str] | None = None
) -> Deployment:
    """Return the deployment of the test stack, by default without functions and queues."""
    tables = {table.settings_field: f"test-{table.name}" for table in schema.TABLES}
    buckets = {f"{name}_bucket": f"test-{name}" for name in BUCKETS}
    return Deployment(
        name="test",
        api_url=API_URL,
        functions=functions or {},
        queues=queues or {},
        parameters_prefix=PREFIX,
        cart_checks_prefix=CART_CHECKS["cart_checks_prefix"],
        abandoned_after_minutes="60",
        dead_letter_queues=" ".join((queues or {}).values()),
        erasure_wait_seconds=ERASURE_WAIT_SECONDS,
        default_country="GB",
        default_currency="GBP",
        **tables,
        **buckets,
    )
