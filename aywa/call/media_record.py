"""How a call sounded, as its row keeps it."""

from __future__ import annotations

from aywa.call.media_port import StatsPort
from aywa.media.format import MediaFormat
from aywa.proto.rtp.quality import DirectionQuality, StreamQuality


def media_record(format: MediaFormat, quality: StreamQuality, stats: StatsPort) -> dict[str, object]:
    """`codec` and `srtp` as last agreed on, both directions, `round_trip_ms` and `echo`; None is unknown.

    `recording_lost_ms`: silence in the recording because nobody emptied the leg's ring in time.
    """
    trip = quality.round_trip_ms
    return {
        "codec": format.send.codec.value,
        "srtp": format.srtp.suite.value if format.srtp else None,
        "received": _direction(quality.received),
        "sent": _direction(quality.sent),
        "round_trip_ms": None if trip is None else round(trip, 1),
        "echo": _echo(stats),
        "recording_lost_ms": round(stats.recording_lost_ms, 1),
    }


def _echo(stats: StatsPort) -> dict[str, float] | None:
    """Of our own speech that the far side returned; None while none was found."""
    delay_ms, loss_db = stats.echo_delay_ms, stats.echo_return_loss_db
    if delay_ms is None or loss_db is None:
        return None
    return {"delay_ms": round(delay_ms, 1), "return_loss_db": round(loss_db, 1)}


def _direction(quality: DirectionQuality | None) -> dict[str, float] | None:
    if quality is None:
        return None
    return {
        "loss_percent": round(quality.loss_percent, 2),
        "jitter_ms": round(quality.jitter_ms, 2),
        "mos": round(quality.mos, 2),
    }
