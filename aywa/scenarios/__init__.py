"""Conversations as code."""
