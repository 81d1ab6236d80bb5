"""The owner's use cases, which the command line and a web console share: they return values and print nothing."""
