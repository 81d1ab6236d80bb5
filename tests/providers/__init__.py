"""Stand-ins for the real providers: they implement the documented APIs, with their limits and their faults."""
