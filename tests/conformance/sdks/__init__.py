"""The real tracking SDKs, unmodified, against the running stack: whatever fails on the way, each event counts once.

python -m tests.conformance.sdks
"""
