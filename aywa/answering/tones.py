"""What a steady tone on the line is: a beep, a fax, or the network's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from aywa.answering.outcomes import SAMPLES_PER_S

_LOW_HZ = 500.0  # below it a voice may hold a tone for a moment, and networks ring and engage
_SIT_HZ = ((900.0, 1000.0), (1350.0, 1450.0), (1740.0, 1840.0))  # ITU-T E.180, three in a row


class ToneKind(Enum):
    """What a tone stands for."""

    BEEP = "an answering machine's signal"
    RINGING = "ringing tone: nobody has answered yet"
    BUSY = "busy or congestion tone"
    INFORMATION = "special information tones: the number cannot be reached"
    FAX_CALLS = "a fax that calls (ITU-T T.30 CNG: 1100 Hz, 0.5 s of 3.5 s)"
    FAX_ANSWERS = "a fax or modem that answers (ITU-T T.30 CED, V.25 ANS: 2100 Hz)"
    NOTHING = "too short to mean anything"


_REPEATED = frozenset([ToneKind.RINGING, ToneKind.BUSY, ToneKind.FAX_CALLS])


@dataclass(frozen=True, slots=True)
class Tone:
    """A steady tone: samples of its beginning and (so far) its end, Hz at both, Hz of a second tone or 0."""

    start: int
    end: int
    first_hz: float
    last_hz: float
    second_hz: float = 0.0

    @property
    def seconds(self) -> float:
        """How long it sounded."""
        return (self.end - self.start) / SAMPLES_PER_S

    def near(self, hz: float, within: float) -> bool:
        """Whether it begins and ends there, alone."""
        return abs(self.first_hz - hz) <= within and abs(self.last_hz - hz) <= within and not self.second_hz


def kind_of(tone: Tone, before: Sequence[tuple[Tone, ToneKind]], *, spoken: bool) -> ToneKind:
    """What a tone is, after those `before` it. `spoken`: somebody spoke earlier."""
    tones = [*(each for each, _ in before), tone]
    if tone.near(2100, 30) and tone.seconds >= 0.8:
        return ToneKind.FAX_ANSWERS
    if _is_information(tones):
        return ToneKind.INFORMATION
    if any(kind in _REPEATED and each.near(tone.last_hz, 30) for each, kind in before):
        spoken = False  # what a network plays again and again is no beep, whatever noise is between
    if spoken:
        return ToneKind.BEEP if _is_beep(tone) else ToneKind.NOTHING
    if tone.near(1100, 40) and tone.seconds <= 0.7:
        return ToneKind.FAX_CALLS
    low = min(tone.last_hz, tone.second_hz or tone.last_hz)
    if low < _LOW_HZ:
        if _is_busy(tones):
            return ToneKind.BUSY
        return ToneKind.RINGING if tone.seconds >= 0.3 else ToneKind.NOTHING
    return ToneKind.BEEP if _is_beep(tone) else ToneKind.NOTHING


def _is_beep(tone: Tone) -> bool:
    # In 6,400 s of recorded speech no voice holds a tone above 500 Hz for 0.1 s, or one below for 0.18 s; two
    # of its harmonics for 0.11 s.
    least = 0.18 if tone.last_hz < _LOW_HZ else 0.115 if tone.second_hz else 0.1
    return least <= tone.seconds <= 4.0


def _is_information(tones: Sequence[Tone]) -> bool:
    """The second or third tone of a rising triple, each about a third of a second (or the long 0.38 s)."""
    if len(tones) < 2 or tones[-1].start - tones[-2].end > 0.1 * SAMPLES_PER_S:
        return False
    return any(
        low <= tones[-2].last_hz <= high and next_low <= tones[-1].last_hz <= next_high
        for (low, high), (next_low, next_high) in pairwise(_SIT_HZ)
    )


def _is_busy(tones: Sequence[Tone]) -> bool:
    """Three short tones of one length, as far apart as they are long."""
    last = tones[-3:]
    if len(last) < 3 or not all(0.15 <= tone.seconds <= 0.75 for tone in last):
        return False
    gaps = [(after.start - before.end) / SAMPLES_PER_S for before, after in pairwise(last)]
    steady = max(tone.seconds for tone in last) - min(tone.seconds for tone in last) < 0.1
    return steady and all(0.1 <= gap <= 0.8 for gap in gaps) and abs(gaps[0] - gaps[1]) < 0.1
