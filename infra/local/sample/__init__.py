"""The sample shop: real order lines with made-up people."""
