"""Hypothesis without deadlines: no test here measures time, and slow twins are slow."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
