"""When a message is sent again, and when it is given up. Pure: times and dice are arguments."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from random import Random

from aywa.errors import OutboundFault

# Before each attempt after the first: 75 h 35 min in all, and up to a fifth more.
DELAYS_S = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
JITTER = 0.2
MAX_RETRY_AFTER_S = 86_400.0
THROTTLES = (429, 502, 503, 504)


class Verdict(Enum):
    """What an answer, or the lack of one, means."""

    DELIVERED = "the server took it"
    AGAIN = "it may take it later"
    NEVER = "to send it again changes nothing"


def verdict(status: int | None, fault: OutboundFault | None) -> Verdict:
    """2xx is success and nothing else is; 410 and what the rules refuse end it."""
    if status is None:
        return Verdict.NEVER if fault is OutboundFault.REFUSED else Verdict.AGAIN
    if 200 <= status < 300:
        return Verdict.DELIVERED
    return Verdict.NEVER if status == 410 else Verdict.AGAIN


def next_delay_s(tries: int, rng: Random, retry_after_s: float | None = None) -> float | None:
    """Seconds until the next attempt after `tries` of them, 1 or more; None when there is none left.

    Never sooner than the server asked for, never as soon for all.
    """
    assert tries >= 1
    if tries > len(DELAYS_S):
        return None
    delay_s = DELAYS_S[tries - 1] * (1 + JITTER * rng.random())
    if retry_after_s is None:
        return delay_s
    return max(delay_s, min(retry_after_s, MAX_RETRY_AFTER_S) * (1 + JITTER * rng.random() / 2))


def retry_after_s(text: str, now: datetime) -> float | None:
    """The seconds that a `Retry-After` asks for (RFC 9110 section 10.2.3); None for what is no such field."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return max(0.0, (at - now).total_seconds())
