"""Stores on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.postgres import postgres_url, temporary_dir

__all__ = ["postgres_url"]


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """An empty directory: the server's whole start is tested here."""
    with temporary_dir() as path:
        yield path
