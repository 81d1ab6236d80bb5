"""Describes one deployed stack: the address of its API and the physical names of its resources."""

from collections.abc import Mapping
from dataclasses import dataclass

from regulars.admin.errors import FunctionNotFoundError


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """One deployed stack.

    `functions` maps the folder name of a function to its physical name, `queues` the same folder name to the URL of the
    function's dead-letter queue; `dead_letter_queues` has all these URLs with blanks between them.
    """

    name: str
    api_url: str
    functions: Mapping[str, str]
    queues: Mapping[str, str]
    events_table: str
    people_table: str
    contacts_table: str
    profiles_table: str
    catalog_table: str
    control_table: str
    rejects_table: str
    uploads_bucket: str
    lake_bucket: str
    artifacts_bucket: str
    parameters_prefix: str
    cart_checks_prefix: str
    abandoned_after_minutes: str
    dead_letter_queues: str
    erasure_wait_seconds: str
    default_country: str
    default_currency: str

    def find_function(self, function: str) -> str:
        """Return the physical name of a function; raise FunctionNotFoundError when there is none."""
        if function not in self.functions:
            raise FunctionNotFoundError(function, tuple(sorted(self.functions)))
        return self.functions[function]
