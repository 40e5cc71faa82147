"""The outbox on a real PostgreSQL."""

from __future__ import annotations

from tests.kit.postgres import postgres_url

__all__ = ["postgres_url"]
