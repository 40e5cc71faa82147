"""What of a call may be in its recording: from which sample on, without which spans, up to which sample.

Pure. Positions are timeline samples (8 kHz) of the caller's leg. A recording keeps the call's clock: what may
not be in it is silence, exactly, so that every position in file, transcript and timeline stays the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class RecordingState(Enum):
    """Whether the call is being recorded."""

    OFF = "it is not recorded"
    WAITING = "consent is asked for: nothing is kept"
    ON = "it is recorded"
    PAUSED = "silence is recorded"
    STOPPED = "the recording has ended, the call goes on"


class Pause(Enum):
    """Who wants silence; it lasts as long as anybody does."""

    OPERATOR = "pause-recording"
    CARD = "card data"


TRANSITIONS: frozenset[tuple[RecordingState, str, RecordingState]] = frozenset(
    [
        (RecordingState.WAITING, "consent", RecordingState.ON),
        (RecordingState.WAITING, "no consent", RecordingState.OFF),
        (RecordingState.WAITING, "stop", RecordingState.OFF),
        (RecordingState.WAITING, "consent during a pause", RecordingState.PAUSED),
        (RecordingState.ON, "pause", RecordingState.PAUSED),
        (RecordingState.PAUSED, "resume", RecordingState.ON),
        (RecordingState.ON, "stop", RecordingState.STOPPED),
        (RecordingState.PAUSED, "stop", RecordingState.STOPPED),
    ]
)


@dataclass(slots=True)
class Silence:
    """A span that is silence; `end` None: it goes on."""

    start: int
    end: int | None
    why: str


class RecordingGate:
    """One call's."""

    def __init__(self, *, wanted: bool, waits: bool = False) -> None:
        """`waits`: for consent."""
        self.state = RecordingState.OFF
        if wanted:
            self.state = RecordingState.WAITING if waits else RecordingState.ON
        self.start = 0  # nothing before it is kept
        self.end: int | None = None  # nothing from it on is kept
        self.pauses: list[Silence] = []
        self._paused: set[Pause] = set()

    @property
    def begun(self) -> bool:
        """Whether there is, or was, something to be written."""
        return self.state in (RecordingState.ON, RecordingState.PAUSED, RecordingState.STOPPED)

    @property
    def goes_on(self) -> bool:
        """Whether anything may still be recorded."""
        return self.state in (RecordingState.WAITING, RecordingState.ON, RecordingState.PAUSED)

    def consent(self, sample: int) -> bool:
        """Record from this sample on; False when nobody waits for it."""
        if self.state is not RecordingState.WAITING:
            return False
        self.start = sample
        if self._paused:
            self._enter("consent during a pause", RecordingState.PAUSED)
        else:
            self._enter("consent", RecordingState.ON)
        return True

    def no_consent(self) -> bool:
        """Record nothing; False when nobody waits for it."""
        if self.state is not RecordingState.WAITING:
            return False
        self._enter("no consent", RecordingState.OFF)
        return True

    def pause(self, why: Pause, sample: int) -> bool:
        """Silence from this sample on; False if it was silent for this reason already."""
        if why in self._paused:
            return False
        if not self._paused:
            self.pauses.append(Silence(sample, None, why.value))
            if self.state is RecordingState.ON:
                self._enter("pause", RecordingState.PAUSED)
        self._paused.add(why)
        return True

    def resume(self, why: Pause, sample: int) -> bool:
        """Record again from this sample on, unless somebody else wants silence; False: he did not want it."""
        if why not in self._paused:
            return False
        self._paused.discard(why)
        if not self._paused:
            self.pauses[-1].end = max(sample, self.pauses[-1].start)
            if self.state is RecordingState.PAUSED:
                self._enter("resume", RecordingState.ON)
        return True

    def stop(self, sample: int) -> bool:
        """End the recording there; False when nothing is recorded."""
        if not self.goes_on:
            return False
        if self.state is RecordingState.WAITING:
            self._enter("stop", RecordingState.OFF)
            return True
        self.end = max(sample, self.start)
        self._enter("stop", RecordingState.STOPPED)
        return True

    def kept(self, frames: bytes, first: int, scale: int) -> bytes:
        """Stereo frames as they may be kept, the first at frame `first` of the leg; `scale`: frames a sample.

        Shorter only behind the end.
        """
        count = len(frames) // 4
        if self.end is not None:
            count = max(0, min(count, self.end * scale - first))
            frames = frames[: 4 * count]
        spans = [(0, self.start), *((pause.start, pause.end) for pause in self.pauses)]
        for start, end in spans:
            low = max(0, start * scale - first)
            high = count if end is None else min(count, end * scale - first)
            if low < high:
                frames = frames[: 4 * low] + bytes(4 * (high - low)) + frames[4 * high :]
        return frames

    def _enter(self, why: str, state: RecordingState) -> None:
        """The only writer of the state after the beginning."""
        assert (self.state, why, state) in TRANSITIONS, (self.state, why, state)
        self.state = state
