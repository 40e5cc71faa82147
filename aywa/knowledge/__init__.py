"""Reads files into passages, and finds the passages that a question is about."""
