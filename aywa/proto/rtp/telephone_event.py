"""Names of the DTMF events (RFC 4733 section 3.2, table 3). Packets: `aywa._native.telephone_event`."""

from __future__ import annotations

DIGITS = "0123456789*#ABCD"
"""Event code n is the n-th character."""


def event_of(digit: str) -> int:
    """The event code 0..15 of a key (lower-case letters too). Raises ValueError for anything else."""
    event = DIGITS.find(digit.upper()) if len(digit) == 1 else -1
    if event < 0:
        raise ValueError("a DTMF key is one of 0-9, *, #, A-D")
    return event


def digit_of(event: int) -> str:
    """The key of an event code. Raises ValueError outside 0..15."""
    if not 0 <= event < len(DIGITS):
        raise ValueError("a DTMF event code lies in 0..15")
    return DIGITS[event]
