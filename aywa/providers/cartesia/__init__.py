"""Cartesia."""
