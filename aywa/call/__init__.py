"""Calls: the table that owns them, the session of one, its turns and its record."""
