"""Runs the local AWS so that everything it acknowledged is on disk first; it runs in the emulator's own process.

The modules here import the standard library and the emulator only, and change the emulator, never a handler.
"""
