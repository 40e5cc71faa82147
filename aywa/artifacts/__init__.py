"""Recordings and other files a call leaves."""
