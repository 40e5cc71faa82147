"""The only reader of operating-system clocks.

Three clocks, never mixed: monotonic `now` in seconds (deadlines, intervals), `rtp_timestamp` in samples
(media), and `wall` in UTC (records shown to people).
"""

from __future__ import annotations

import time
from datetime import UTC, datetime


def monotonic_now() -> float:
    """Monotonic seconds; the same clock as `trio.current_time` only in its unit, never in its origin."""
    return time.monotonic()


def monotonic_ns() -> int:
    """Monotonic nanoseconds, of the media engine's clock."""
    return time.monotonic_ns()


def wall_offset_ns() -> int:
    """What to add to monotonic nanoseconds to get those since 1970; moves when the time of day is set."""
    return time.time_ns() - time.monotonic_ns()


def wall_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def wall_now() -> datetime:
    """The time of day as an aware UTC datetime."""
    return datetime.now(UTC)
