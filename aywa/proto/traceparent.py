"""A call's place in a trace (W3C Trace Context): its id is the trace's, and its span's follows from it."""

from __future__ import annotations

from hashlib import sha256
from uuid import UUID


def trace_id_of(call_id: str) -> int:
    """128 bits: those of the call's UUID, so that a trace is found by the call and the call by a trace."""
    return UUID(call_id).int


def span_id_of(call_id: str) -> int:
    """64 bits of the call's own span; never 0, which means none."""
    return int.from_bytes(sha256(call_id.encode()).digest()[:8]) or 1


def traceparent(call_id: str, *, sampled: bool) -> str:
    """The header's value (W3C Trace Context section 3.2), or "" for a call that has no UUID."""
    try:
        trace_id = trace_id_of(call_id)
    except ValueError:
        return ""
    return f"00-{trace_id:032x}-{span_id_of(call_id):016x}-{int(sampled):02x}"
