"""Checks the endpoints against real traffic: signature vectors, captured payloads, mutations, SDKs and load."""
