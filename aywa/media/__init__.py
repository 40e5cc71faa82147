"""Trio drivers of the native engine: legs, ports, events."""
