"""Providers of an operator's own, by the wires of the public contract."""
