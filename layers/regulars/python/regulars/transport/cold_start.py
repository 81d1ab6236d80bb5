"""Start functions without garbage collection: objects of a cold start stay, and scanning them takes a tenth of it."""

import gc


def disable_garbage_collection() -> None:
    """Call before a function's imports: in its package, which Python loads before its handler."""
    gc.disable()


def freeze_startup_objects() -> None:
    """Call at the end of a handler module: collect garbage again, but never scan the objects of the cold start."""
    gc.freeze()
    gc.enable()
