"""The owner's command line: one module per command."""
