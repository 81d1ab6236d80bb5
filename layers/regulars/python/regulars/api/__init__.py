"""The HTTP API: endpoints, access, page tokens and views."""
