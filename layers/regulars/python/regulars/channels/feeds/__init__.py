"""Feeds: provider APIs that list changes page by page."""
