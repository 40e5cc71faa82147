"""Hears the beep of a mailbox, or a fax, where a colleague was expected."""

from __future__ import annotations

from collections.abc import Callable

from aywa.answering.ear import ToneEar
from aywa.answering.tones import Tone, ToneKind, kind_of

_REMEMBERED = 8  # tones before: what comes again and again is the network's
_MACHINES = (ToneKind.BEEP, ToneKind.FAX_ANSWERS)


class MachineEar:
    """Taps a leg's uplink; `suspect` is called once, synchronously.

    Tones alone decide: a colleague who talks at length is not taken for a machine.
    """

    def __init__(self, suspect: Callable[[], None]) -> None:
        self._suspect = suspect
        self._ear = ToneEar()
        self._before: list[tuple[Tone, ToneKind]] = []
        self._spoken = False
        self._told = False

    def feed(self, pcm: bytes, end_sample: int) -> None:
        """Audio of 16 kHz, S16LE mono, up to this timeline sample (8 kHz)."""
        for heard in self._ear.feed_uplink(pcm, end_sample):
            if heard.ended and not heard.tone.second_hz:  # two tones at once are a key
                self._take(heard.tone)
        self._ear.levels()  # they gather until they are asked for

    def speech_started(self, sample: int) -> None:
        """Somebody speaks: a beep before that is the network's."""
        self._spoken = True

    def speech_stopped(self, sample: int) -> None:
        """Nothing follows from it."""

    def _take(self, tone: Tone) -> None:
        kind = kind_of(tone, self._before, spoken=self._spoken)
        self._before = [*self._before, (tone, kind)][-_REMEMBERED:]
        if kind in _MACHINES and not self._told:
            self._told = True
            self._suspect()
