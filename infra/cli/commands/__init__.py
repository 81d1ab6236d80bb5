"""One module per command: it parses arguments, calls one use case and prints the result."""
