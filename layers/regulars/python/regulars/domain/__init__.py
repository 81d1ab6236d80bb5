"""Domain values and pure functions: no I/O, standard library and msgspec only."""
