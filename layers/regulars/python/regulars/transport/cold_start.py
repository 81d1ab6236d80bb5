"""A cold start without garbage collection: what a start makes, stays, and searching it costs a tenth of the start."""

import gc


def starting() -> None:
    """Before a function's imports: from its package, which Python loads before its handler."""
    gc.disable()


def started() -> None:
    """After a function's wiring: collect again, but never look at what the start has made."""
    gc.freeze()
    gc.enable()
