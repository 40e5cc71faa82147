"""Whisper-compatible servers of an operator's own."""
