"""Genuine deliveries, changed one thing at a time: what was signed must be refused then, what was not must still be taken.

Which of the two holds is known by what was changed, never by asking the verifier. Left out is only what a provider's own
scheme cannot tell apart, since it joins two things with nothing between them.
"""
