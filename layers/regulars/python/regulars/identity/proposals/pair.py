"""Name a pair of records."""

# The ids of two records, the smaller first.
type Pair = tuple[str, str]
