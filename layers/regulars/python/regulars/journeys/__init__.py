"""Journeys: reactions to what a person did or did not do."""
