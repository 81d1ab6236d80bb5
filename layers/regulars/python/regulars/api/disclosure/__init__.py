"""Disclose to a person all that is held about it: as a document for programs, and as a page to read."""
