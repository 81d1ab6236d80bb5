"""Imports of exported files: parse, partition, record and report."""
