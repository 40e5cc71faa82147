"""Which stretches of speech wait for their final, and what is said of those that get none. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from aywa.ports.stt import Final

_MAX_WAITING = 64


@dataclass(slots=True)
class _Utterance:
    """One stretch of speech as the VAD saw it; positions in samples of 8 kHz, times in seconds."""

    started_at: int
    since: float
    stopped_at: int | None = None
    until: float | None = None
    worded: bool = False  # something of it was understood
    finals: int = 0


class Utterances:
    """Speech that the VAD saw, in order. `now`: seconds of any clock that does not jump."""

    def __init__(self) -> None:
        self._waiting: deque[_Utterance] = deque(maxlen=_MAX_WAITING)

    @property
    def speaking_since(self) -> float | None:
        """When the speech that goes on was confirmed."""
        last = self._waiting[-1] if self._waiting else None
        return last.since if last is not None and last.stopped_at is None else None

    @property
    def waiting_since(self) -> float | None:
        """When the oldest speech that waits for its final was confirmed."""
        return self._waiting[0].since if self._waiting else None

    @property
    def unanswered(self) -> bool:
        """Whether something of the latest was understood, and no final came since."""
        return bool(self._waiting) and self._waiting[-1].worded

    def started(self, at_sample: int, now: float) -> None:
        """Speech began; one that was going on has ended."""
        self.stopped(at_sample, now)
        self._waiting.append(_Utterance(at_sample, now))

    def stopped(self, at_sample: int, now: float) -> bool:
        """Speech ended; False if none was going on."""
        last = self._waiting[-1] if self._waiting else None
        if last is None or last.stopped_at is not None:
            return False
        last.stopped_at, last.until = at_sample, now
        return True

    def worded(self) -> None:
        """A partial came: there are words in the latest."""
        if self._waiting:
            self._waiting[-1].worded = True

    def answered(self, final: Final, end: int | None) -> Final:
        """A final came: with the positions of its speech if it brought none. `end`: of the audio so far."""
        first = self._waiting[0] if self._waiting else None
        if first is None:
            return final
        if final.stopped_at_sample is not None and final.started_at_sample is not None:
            while self._waiting and self._waiting[0].started_at <= final.stopped_at_sample:
                first = self._waiting[0]
                first.finals += 1
                first.worded = False
                if first.stopped_at is None:
                    break
                self._waiting.popleft()
            return final
        first.finals += 1
        first.worded = False
        stop = first.stopped_at
        if stop is not None:
            self._waiting.popleft()
        return replace(
            final,
            started_at_sample=first.started_at,
            stopped_at_sample=stop if stop is not None else max(end or 0, first.started_at),
        )

    def settled(self) -> Final | None:
        """All that was asked for was answered: a final without words if the oldest that ended got none."""
        first = self._waiting[0] if self._waiting else None
        if first is None or first.stopped_at is None:
            return None
        self._waiting.popleft()
        return Final("", None, first.started_at, first.stopped_at) if not first.finals else None

    def overdue(self, now: float, within_s: float) -> bool:
        """Whether the oldest that ended waits for its final longer than this."""
        first = self._waiting[0] if self._waiting else None
        return first is not None and first.until is not None and now - first.until >= within_s

    def wordless(self, now: float, within_s: float) -> Final | None:
        """For a recogniser that judges turns: the oldest that ended, if nothing was understood in this time.

        Those that have been answered are let go.
        """
        first = self._waiting[0] if self._waiting else None
        if first is None or first.until is None:
            return None
        if first.finals:
            self._waiting.popleft()
            return None
        if first.worded or now - first.until < within_s:
            return None
        return self.settled()
