"""The database of the bridge's tests."""

from tests.kit.postgres import postgres_url

__all__ = ["postgres_url"]
