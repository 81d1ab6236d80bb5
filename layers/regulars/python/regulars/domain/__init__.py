"""The words of the field as plain values: no I/O, standard library and msgspec only."""
