"""A SIP caller for people and tests."""
