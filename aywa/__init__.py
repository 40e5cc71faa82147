"""Aywa Runtime: a self-hosted phone voice-agent runtime."""

__version__ = "0.1.0"
