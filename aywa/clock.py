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


def wall_now() -> datetime:
    """The time of day as an aware UTC datetime."""
    return datetime.now(UTC)
