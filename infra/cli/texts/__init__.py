"""Describes the results of use cases in the words of the command line."""
