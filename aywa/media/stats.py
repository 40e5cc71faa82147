"""What was counted about the packets of a leg."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aywa.media.format import MediaFormat

_SAMPLES_PER_MS = 8


@dataclass(frozen=True, slots=True)
class ReportStats:
    """What RTCP has told. `remote_*`: of the packets sent here, by the newest report of the other side, None
    before the first: lost ones (below 0: duplicates) among those expected, loss in per cent of the newest
    interval. `round_trip_ms`: mean, None while unknown. `goodbyes`: the other side's.

    `loss_bursts` and `recovered` are of the received packets: runs of lost ones, and lost ones that a later
    packet made good.
    """

    sent: int = 0
    received: int = 0
    malformed: int = 0
    goodbyes: int = 0
    remote_lost: int | None = None
    remote_expected: int | None = None
    remote_loss_percent: float | None = None
    remote_jitter_ms: float | None = None
    round_trip_ms: float | None = None
    loss_bursts: int = 0
    recovered: int = 0

    @classmethod
    def of(cls, f: Mapping[str, int]) -> ReportStats:
        """From the native figures."""
        told = f["remote_blocks"] > 0
        return cls(
            sent=f["sent"],
            received=f["received"],
            malformed=f["malformed"],
            goodbyes=f["goodbyes"],
            remote_lost=f["remote_lost"] if told else None,
            remote_expected=f["remote_expected"] if told else None,
            remote_loss_percent=f["remote_fraction"] / 2.56 if told else None,
            remote_jitter_ms=f["remote_jitter_us"] / 1000 if told else None,
            round_trip_ms=f["round_trip_sum_us"] / f["round_trips"] / 1000 if f["round_trips"] else None,
            loss_bursts=f["bursts"],
            recovered=f["recovered"],
        )


@dataclass(frozen=True, slots=True)
class LegStats:
    """Counters since the leg began; packets unless the name says otherwise. Jitter as in RFC 3550 section
    6.4.1. `heard`: name of the codec received last, "" before the first packet; `heard_ms`: a packet of it.
    `echo_delay_ms`, `echo_return_loss_db`: of our own speech that came back, None while none did;
    `echo_frames`: blocks of at most 20 ms of it.
    """

    received: int
    lost: int
    late: int
    duplicate: int
    concealed: int
    rejected_source: int
    malformed: int
    source_changes: int
    jitter_ms: float
    max_gap_ms: float
    gaps_over_40_ms: int
    sent: int
    send_errors: int
    uplink_overrun_ms: float
    event_overruns: int
    recording_late_ms: float
    recording_lost_ms: float
    forged: int = 0
    replayed: int = 0
    reports: ReportStats = ReportStats()
    heard: str = ""
    heard_ms: float = 0.0
    echo_delay_ms: float | None = None
    echo_return_loss_db: float | None = None
    echo_frames: int = 0

    @classmethod
    def of(cls, f: Mapping[str, Any], reports: Mapping[str, int], format: MediaFormat) -> LegStats:
        """From the native figures of a leg that has `format`."""
        known = f["heard"] < len(format.receive)
        return cls(
            received=f["received"],
            lost=f["lost"],
            late=f["late"],
            duplicate=f["duplicate"],
            concealed=f["concealed"],
            rejected_source=f["rejected_source"],
            malformed=f["malformed"],
            source_changes=f["source_changes"],
            jitter_ms=f["jitter_16"] / 16 / _SAMPLES_PER_MS,
            max_gap_ms=f["max_gap"] / _SAMPLES_PER_MS,
            gaps_over_40_ms=f["gaps_over_40ms"],
            sent=f["sent"],
            send_errors=f["send_errors"],
            uplink_overrun_ms=f["uplink_overrun"] / _SAMPLES_PER_MS,
            event_overruns=f["event_overruns"],
            recording_late_ms=f["recording_late"] / _SAMPLES_PER_MS,
            recording_lost_ms=f["recording_lost"] / _SAMPLES_PER_MS,
            forged=f["forged"],
            replayed=f["replayed"],
            reports=ReportStats.of(reports),
            heard=format.receive[f["heard"]].codec.value if known else "",
            heard_ms=f["heard_samples"] / _SAMPLES_PER_MS,
            echo_delay_ms=None if f["echo_delay"] is None else f["echo_delay"] / _SAMPLES_PER_MS,
            echo_return_loss_db=f["echo_return_loss_db"],
            echo_frames=f["echo_frames"],
        )
