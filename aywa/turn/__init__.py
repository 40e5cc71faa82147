"""The conversation as pure machines on explicit time."""
