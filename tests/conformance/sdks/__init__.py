"""Runs the real tracking SDKs, unmodified, against a local stack: despite every fault, each event counts once.

python -m tests.conformance.sdks
"""
