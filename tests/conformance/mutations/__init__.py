"""Genuine deliveries, each with one change: the verifier must refuse a change of what was signed and accept any other.

What was changed decides which of the two holds, never the verifier. The mutations leave out only what the scheme of a
provider cannot detect because it joins two values without a separator.
"""
