"""Piper."""
