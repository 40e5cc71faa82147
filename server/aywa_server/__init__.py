"""The HTTP runtime API and the commands."""
