"""Vendors as they are on the wire, on loopback: for tests, for trying things out, and for breaking them."""
