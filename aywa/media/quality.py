"""How a leg has sounded, from what was counted about it."""

from __future__ import annotations

from aywa.media.format import MediaFormat
from aywa.media.stats import LegStats
from aywa.proto.rtp.quality import StreamQuality, Traffic, stream_quality


def quality_of(stats: LegStats, format: MediaFormat) -> StreamQuality:
    """Both directions of a leg that has `format` now; codecs are those of the newest packets.

    Received: packets that were not played, after what a later packet made good. Sent: what the other side
    reports.
    """
    return stream_quality(_received(stats, format), _sent(stats, format), stats.reports.round_trip_ms)


def _received(stats: LegStats, format: MediaFormat) -> Traffic:
    return Traffic(
        expected=stats.received + stats.lost,
        lost=stats.lost - stats.reports.recovered,
        jitter_ms=stats.jitter_ms,
        codec=(stats.heard or format.receive[0].codec.value).upper(),
        ptime_ms=round(stats.heard_ms) or format.ptime_ms,
        buffer_ms=0.0,  # every packet is worked off as it comes
        bursts=stats.reports.loss_bursts,
    )


def _sent(stats: LegStats, format: MediaFormat) -> Traffic | None:
    reports = stats.reports
    if reports.remote_expected is None or reports.remote_lost is None or reports.remote_jitter_ms is None:
        return None
    return Traffic(
        expected=reports.remote_expected,
        lost=reports.remote_lost,
        jitter_ms=reports.remote_jitter_ms,
        codec=format.send.codec.value.upper(),
        ptime_ms=format.ptime_ms,
    )
