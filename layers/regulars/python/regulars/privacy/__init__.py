"""Privacy: erase people from every store, and keep them erased."""
