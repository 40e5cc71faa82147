"""The database of the store's tests."""

from tests.kit.postgres import data_dir, postgres_url

__all__ = ["data_dir", "postgres_url"]
