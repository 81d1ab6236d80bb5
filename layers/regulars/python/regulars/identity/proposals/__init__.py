"""Propose pairs of people who may be the same, from their contact data, without labels and without rules."""
