"""Compares every stored profile with the ledger."""

from regulars.admin.deployment import Deployment
from regulars.profiles import verify
from regulars.profiles.verify import Verification
from regulars.store.inventory import Inventory


def verify_deployment(deployment: Deployment) -> Verification:
    """Compute every profile from the ledger again and return all differences; no event may be written meanwhile."""
    inventory = Inventory(
        deployment.events_table, deployment.people_table, deployment.profiles_table
    )
    return verify.verify_profiles(inventory)
