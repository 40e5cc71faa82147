"""Rime."""
