"""Host installer: standard library only."""
