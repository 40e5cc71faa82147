"""The caller's audio that has no final transcript yet: what another recogniser has to hear again. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from aywa.ports.stt import TranscriberSession

BYTES_PER_SAMPLE = 4  # 16 kHz, 16 bits, for each sample of 8 kHz
PRE_ROLL = 4000  # samples of 8 kHz before speech was noticed
LONGEST = 8000 * 20  # a recogniser gives finals of longer speech on the way
HOPE = 8000 * 5  # a recogniser that has found no words by then found none in it
_SLACK = 800  # a final's end is where the recogniser thinks it is


@dataclass(frozen=True, slots=True)
class _Heard:
    """A piece of audio, or what the engine's VAD said, in the order in which they came."""

    end: int
    pcm: bytes = b""
    starts: bool = False
    stops: bool = False


class Replay:
    """Of one call. Positions are uplink samples of 8 kHz."""

    def __init__(self) -> None:
        self._heard: deque[_Heard] = deque()
        self._samples = 0
        self.speaking = False
        self.pending = False  # there was speech, and no final of it yet
        self._stopped_at = 0
        self.end = 0  # of the newest piece
        self.final_at = -1  # where the newest final ends

    def fed(self, pcm: bytes, end: int) -> None:
        """Audio up to this position."""
        self._keep(_Heard(end, pcm))
        self._samples += len(pcm) // BYTES_PER_SAMPLE
        self.end = max(self.end, end)
        if not self.speaking and end > self._stopped_at + HOPE:
            self.pending = False
        most = LONGEST if self.pending else PRE_ROLL
        while self._samples > most:
            self._forget_oldest()

    def started(self, at: int) -> None:
        """Speech began."""
        self.speaking = self.pending = True
        self._keep(_Heard(at, starts=True))

    def stopped(self, at: int) -> None:
        """Speech ended."""
        self.speaking = False
        self._stopped_at = at
        self._keep(_Heard(at, stops=True))

    def final(self, stopped_at: int | None) -> None:
        """All up to there is known: no word of it is needed again."""
        at = stopped_at
        if at is None:
            ends = [each.end for each in self._heard if each.stops]
            at = ends[-1] if ends else self.end - PRE_ROLL
        self.final_at = max(self.final_at, at)
        if not self.speaking:
            self.pending = any(each.starts and each.end > at for each in self._heard)
        while self._heard and self._heard[0].end <= at + (0 if self.speaking else _SLACK):
            if self.speaking and self._heard[0].starts and self._heard[0].end > at - PRE_ROLL:
                break
            self._forget_oldest()

    def give(self, session: TranscriberSession) -> int:
        """Let a session hear it, as fast as it takes it; the bytes it got."""
        count = 0
        for each in self._heard:
            if each.starts:
                session.speech_started(each.end)
            elif each.stops:
                session.speech_stopped(each.end)
            else:
                session.feed_nowait(each.pcm, each.end)
                count += len(each.pcm)
        return count

    def _keep(self, heard: _Heard) -> None:
        self._heard.append(heard)

    def _forget_oldest(self) -> None:
        oldest = self._heard.popleft()
        self._samples -= len(oldest.pcm) // BYTES_PER_SAMPLE
