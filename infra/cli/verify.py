"""Recompute every profile from the ledger and report any byte of difference."""

import argparse
from typing import Any

import msgspec

from infra.cli import options, stack
from infra.cli.console import show, step
from infra.cli.settling import settle
from regulars.profiles.verify import Verification, verify_profiles
from regulars.settings import UpdateProfilesSettings
from regulars.store.inventory import Inventory

SHOWN = 20  # --json tells all


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """--stack and --json."""
    options.add_stack(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Verify; 1 when anything differs."""
    deployed = stack.chosen(arguments)
    if deployed.local:  # in an account nobody waits for a shop to be quiet
        with step("Folding events into profiles") as current:
            settle(deployed, current)
    with step("Recomputing every profile from the ledger"):
        found = verified(deployed)
    facts: Any = msgspec.to_builtins(found)
    show(facts, _lines(found), as_json=arguments.json)
    return 1 if found.differences else 0


def verified(deployed: stack.Stack) -> Verification:
    """Compare a deployment's profiles with its ledger."""
    settings = deployed.settings(UpdateProfilesSettings)
    return verify_profiles(
        Inventory(settings.events_table, settings.people_table, settings.profiles_table)
    )


def _lines(found: Verification) -> list[str]:
    compared = f"{found.persons} people from {found.events} events"
    if not found.differences:
        return [f"{compared}: every byte as the ledger says."]
    left = len(found.differences) - SHOWN
    return [
        f"{compared}: {len(found.differences)} differences. Was anything written meanwhile?",
        *(f"  {one.kind} {one.profile_id}: {one.detail}" for one in found.differences[:SHOWN]),
        *([f"  … and {left} more: regulars verify --json"] if left > 0 else []),
    ]
