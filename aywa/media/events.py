"""What a leg tells its call. `timeline` and `sample` count samples at 8 kHz since the leg's first tick."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from aywa.media.peer import unpacked_peer


@dataclass(frozen=True, slots=True)
class FirstPacket:
    """The first packet of the remote side has arrived."""

    timeline: int


@dataclass(frozen=True, slots=True)
class PcmReady:
    """Audio of the caller has come in; read with `Leg.read_uplink`.

    Every 100 ms of it while he speaks and for a second after, at the start of his speech, else every 200 ms.
    """


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The caller's speech is confirmed. `sample`: its onset; `epoch`: the gate's, after it closed if it
    did.
    """

    sample: int
    epoch: int


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """The caller has been silent for the hang-over time. `sample`: the end of the speech."""

    sample: int


@dataclass(frozen=True, slots=True)
class GateClosed:
    """Playout has stopped for confirmed speech, whether something was playing or not.

    `played` speech samples were sent in all; `timeline` is the sample after the last one of them.
    """

    epoch: int
    played: int
    timeline: int


@dataclass(frozen=True, slots=True)
class Mark:
    """The sample written last before the mark has been sent. `timeline`: the sample after it."""

    mark_id: int
    played: int
    timeline: int


@dataclass(frozen=True, slots=True)
class LowWater:
    """Less than 300 ms of speech are left to play."""


@dataclass(frozen=True, slots=True)
class Drained:
    """All speech written so far has been sent. `timeline`: the sample after the last one of it."""

    played: int
    timeline: int


@dataclass(frozen=True, slots=True)
class Digit:
    """The caller has pressed a key (RFC 4733): one of 0-9 * # A B C D. `sample`: when the press began."""

    digit: str
    duration_ms: int
    sample: int


@dataclass(frozen=True, slots=True)
class DigitSent:
    """The last packet of a press asked for with `Leg.send_digit` has been sent."""

    digit: str


@dataclass(frozen=True, slots=True)
class MediaTimeout:
    """No packet has arrived for the leg's limit. Comes once; again only after packets have returned."""

    silent_s: float


@dataclass(frozen=True, slots=True)
class SourceLearned:
    """The other side's packets come from this address and not from the description's: ours go there now."""

    host: str
    port: int
    timeline: int


LegEvent: TypeAlias = (
    FirstPacket
    | PcmReady
    | SpeechStarted
    | SpeechStopped
    | GateClosed
    | Mark
    | LowWater
    | Drained
    | Digit
    | DigitSent
    | MediaTimeout
    | SourceLearned
)

DIGITS = "0123456789*#ABCD"  # by event code, RFC 4733 section 3.2
_SAMPLES_PER_MS = 8
_SAMPLE_RATE_HZ = 8000


def parse_native(kind: int, a: int, b: int, c: int) -> LegEvent:
    """The event that the engine's numbers stand for (`EVENT_*` of aywa/_native/legstate.pxd)."""
    match kind:
        case 1:
            return FirstPacket(a)
        case 2:
            return SpeechStarted(a, b)
        case 3:
            return SpeechStopped(a)
        case 4:
            return GateClosed(c, a, b)
        case 5:
            return Mark(c, a, b)
        case 6:
            return Drained(a, b)
        case 7:
            return Digit(DIGITS[c], b // _SAMPLES_PER_MS, a)
        case 8:
            return DigitSent(DIGITS[c])
        case 9:
            return MediaTimeout(a / _SAMPLE_RATE_HZ)
        case 10:
            return SourceLearned(*unpacked_peer(a), b)
    raise AssertionError(f"the engine has no event {kind}")
