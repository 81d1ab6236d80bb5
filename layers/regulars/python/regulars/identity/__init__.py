"""Identity: group events by person, find profiles and merge them."""
