"""File formats of exported history, their registry and the readers that they share."""
