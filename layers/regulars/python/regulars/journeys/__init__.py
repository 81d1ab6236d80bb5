"""Journeys: what follows from what a person did or left undone."""
