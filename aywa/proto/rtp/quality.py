"""How a call sounded, by the E-model (ITU-T G.107 at its default values; ITU-T G.113 for codecs).

Of the E-model's inputs only delay, loss and codec are measured; the rest are its defaults, under which a
G.711 call without delay and loss is rated 93.2, a MOS of 4.41. That is the top of the narrowband scale that
all figures here are on: the MOS of any two calls compare, though wideband sounds better.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log2, log10, pow, sqrt

# What section 7 comes to at the default values (table 2): No, Ro and Is.
_NOISE_DBM = -61.179
_BASIC = 94.769
_SIMULTANEOUS = 1.414
_RECEIVE_LOUDNESS_DB = 2.0
_TALKER_ECHO_DB = 65.0
_LISTENER_ECHO_DB = 110.0
_BURST_MAX = 8.0


@dataclass(frozen=True, slots=True)
class CodecImpairment:
    """`impairment`: Ie, of the coding alone. `robustness`: Bpl, per cent of random loss that is borne."""

    impairment: float
    robustness: float


CODECS = {
    # G.113 appendix I, tables I.1 and I.4: 64 kbit/s, losses concealed by G.711 Appendix I or as well.
    "PCMU": CodecImpairment(0.0, 25.1),
    "PCMA": CodecImpairment(0.0, 25.1),
    # No narrowband values exist. Nothing is lost against the narrowband scale; concealment is G.711's.
    "L16": CodecImpairment(0.0, 25.1),
    "G722": CodecImpairment(0.0, 25.1),
    # No ITU-T values on this scale exist. Bpl is that of G.729A (G.113, table I.4), like Opus' speech mode a
    # predictive codec with its own concealment; what FEC has recovered is not lost.
    "OPUS": CodecImpairment(0.0, 19.0),
}
"""By encoding name in capitals."""


def delay_impairment(one_way_ms: float) -> float:
    """Id of a mouth-to-ear delay: talker echo, listener echo and sheer delay (G.107 section 7.4).

    Raises ValueError below 0.
    """
    if one_way_ms < 0:
        raise ValueError("a delay is not negative")
    echo_loss = (
        _TALKER_ECHO_DB
        - 40 * log10((1 + one_way_ms / 10) / (1 + one_way_ms / 150))
        + 6 * exp(-0.3 * one_way_ms * one_way_ms)
    )
    room = (-1.5 * (_NOISE_DBM - _RECEIVE_LOUDNESS_DB) - (80 + 2.5 * (echo_loss - 14))) / 2
    # The formula gives -0.1 about 1 ms: an echo that pleases.
    talker = max(0.0, (room + sqrt(room * room + 100) - 1) * (1 - exp(-one_way_ms)))
    gap = (_BASIC - 10.5 * (_LISTENER_ECHO_DB + 7) / sqrt(sqrt(2 * one_way_ms + 1))) / 2
    listener = gap + sqrt(gap * gap + 169)
    sheer = 0.0
    if one_way_ms > 100:
        x = log2(one_way_ms / 100)
        sheer = 25 * (pow(1 + x**6, 1 / 6) - 3 * pow(1 + (x / 3) ** 6, 1 / 6) + 2)
    return talker + listener + sheer


def loss_impairment(codec: CodecImpairment, loss_percent: float, burst_ratio: float = 1.0) -> float:
    """Ie,eff of a codec under packet loss (G.107 section 7.5).

    `loss_percent` counts packets that were not played, 0..100. `burst_ratio`: 1 for random loss, held
    in 1..8. Raises ValueError for a loss out of range.
    """
    if not 0 <= loss_percent <= 100:
        raise ValueError("a loss lies in 0..100 %")
    burst_ratio = min(max(burst_ratio, 1.0), _BURST_MAX)
    share = loss_percent / (loss_percent / burst_ratio + codec.robustness)
    return codec.impairment + (95 - codec.impairment) * share


def burst_ratio(expected: int, lost: int, bursts: int) -> float:
    """Mean length of the runs of lost packets over that under random loss (G.107 section 7.5), or 1: unknown.

    `expected` and `lost` packets, `bursts` runs of lost ones.
    """
    if bursts <= 0 or not 0 < lost < expected:
        return 1.0
    return lost / bursts * (1 - lost / expected)


def rating(codec: CodecImpairment, one_way_ms: float, loss_percent: float, burst_ratio: float = 1.0) -> float:
    """R (G.107 section 7.1, advantage 0); below 0 for the unbearable. Raises ValueError as its parts do."""
    degraded = delay_impairment(one_way_ms) + loss_impairment(codec, loss_percent, burst_ratio)
    return _BASIC - _SIMULTANEOUS - degraded


def mos_of(rating: float) -> float:
    """The conversational MOS of a rating, 1..4.5 (G.107 annex B)."""
    if rating >= 100:
        return 4.5
    if rating <= 0:
        return 1.0
    # The cubic dips below 1 for ratings under 6.5.
    return max(1.0, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6)


@dataclass(frozen=True, slots=True)
class Traffic:
    """What was counted about the packets of one direction, by us or by the peer's reports.

    `expected` and `lost` packets (`lost` below 0: duplicates), `bursts` runs of lost ones, 0 where unknown.
    `jitter_ms`: RFC 3550's. `codec`: a key of `CODECS`. `ptime_ms`: of a packet. `buffer_ms`: held back by
    the listener, None for twice the jitter.
    """

    expected: int
    lost: int
    jitter_ms: float
    codec: str
    ptime_ms: int = 20
    buffer_ms: float | None = None
    bursts: int = 0


@dataclass(frozen=True, slots=True)
class DirectionQuality:
    """One direction: packets lost in per cent, jitter in milliseconds, MOS of its listener 1..4.5."""

    loss_percent: float
    jitter_ms: float
    mos: float


@dataclass(frozen=True, slots=True)
class StreamQuality:
    """Both directions of a call. None: nothing came (`received`), the peer reported nothing (`sent`,
    `round_trip_ms`).
    """

    received: DirectionQuality | None
    sent: DirectionQuality | None
    round_trip_ms: float | None


def stream_quality(
    received: Traffic | None, sent: Traffic | None, round_trip_ms: float | None
) -> StreamQuality:
    """The quality of a call. A listener hears after half the round trip, a packet and the buffer.

    Raises ValueError for an unknown codec.
    """
    return StreamQuality(
        _direction(received, round_trip_ms or 0.0), _direction(sent, round_trip_ms or 0.0), round_trip_ms
    )


def _direction(traffic: Traffic | None, round_trip_ms: float) -> DirectionQuality | None:
    if traffic is None or traffic.expected <= 0:
        return None
    codec = CODECS.get(traffic.codec)
    if codec is None:
        raise ValueError("the codec has no impairment values")
    loss = min(max(100.0 * traffic.lost / traffic.expected, 0.0), 100.0)
    held = 2 * traffic.jitter_ms if traffic.buffer_ms is None else traffic.buffer_ms
    bursts = burst_ratio(traffic.expected, traffic.lost, traffic.bursts)
    rated = rating(codec, round_trip_ms / 2 + traffic.ptime_ms + held, loss, bursts)
    return DirectionQuality(loss, traffic.jitter_ms, mos_of(rated))
