"""Form providers and the plain HTML form."""
