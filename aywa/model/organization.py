"""Organisations: whose a row is."""

from __future__ import annotations

from uuid import UUID

# Owns what was there before there were organisations, and what is done without naming one.
DEFAULT_ORGANIZATION = UUID("00000000-0000-0000-0000-000000000001")
