"""Calls in PostgreSQL."""
