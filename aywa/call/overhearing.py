"""Who listens to a live call: both sides' audio and what is understood of it, to any number of listeners.

```
  leg's ring ──pump──► each listener's own queue ──► its websocket
```
Whoever reads too slowly is cut off with a reason; the leg, the call and the other listeners notice nothing.
Nothing is kept while nobody listens.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol, TypeAlias

import trio

from aywa.call.timeline import Timeline
from aywa.errors import RequestError
from aywa.ports.store import TranscriptLine

PUMP_S = 0.1
QUEUE_S = 4.0  # of audio that waits for one listener; a websocket that is so far behind is not live any more
MAX_MESSAGES = 200  # that wait for one listener
MAX_LISTENERS = 16  # of one call: 64 KB a second each at 16 kHz
TOO_SLOW = "too-slow"
TAIL_S = 0.3  # what was said a moment ago is not read yet: the ring is 200 ms behind
CALL_ENDED = "call-ended"
Piece: TypeAlias = bytes | Mapping[str, object]  # audio, or a message


class OverheardLeg(Protocol):
    """Where the audio comes from."""

    @property
    def rate_hz(self) -> int:
        """Frames a second."""

    def overhear(self) -> None:
        """Keep what both sides say from now on."""

    def read_overheard(self) -> bytes:
        """S16LE stereo since the last read, the caller left."""


class Listener:
    """One listener. `next` until it is None; `why` says then why, `ended` when that is settled."""

    def __init__(self, most_bytes: int) -> None:
        self.why = ""
        self.ended = trio.Event()
        self._most_bytes = most_bytes
        self._waiting: deque[Piece] = deque()
        self._bytes = 0
        self._more = trio.Event()

    async def next(self) -> Piece | None:
        """The next piece, in order; None when there is nothing more to hear."""
        while not self._waiting:
            if self.why:
                return None
            self._more = trio.Event()
            await self._more.wait()
        if self.why == TOO_SLOW:
            return None
        piece = self._waiting.popleft()
        if isinstance(piece, bytes):
            self._bytes -= len(piece)
        await trio.lowlevel.checkpoint()
        return piece

    def put(self, piece: Piece) -> None:
        """Keep a piece for it, or cut it off."""
        if self.why:
            return
        self._waiting.append(piece)
        self._bytes += len(piece) if isinstance(piece, bytes) else 0
        if self._bytes > self._most_bytes or len(self._waiting) > MAX_MESSAGES:
            self.end(TOO_SLOW)
        self._more.set()

    def end(self, why: str) -> None:
        """Nothing more comes, for this reason; the first one counts."""
        self.why = self.why or why
        self.ended.set()
        self._more.set()


class Overhearing:
    """One call's listeners."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._listeners: list[Listener] = []
        self._followers: list[Listener] = []  # of messages only
        self._leg: OverheardLeg | None = None
        self._over = False
        self._hushed = False
        self._tail = 0  # bytes that are silence all the same

    def attach(self, leg: OverheardLeg) -> None:
        """There is something to hear."""
        self._leg = leg
        if self._listeners:
            leg.overhear()
        for listener in self._listeners:
            listener.put(_start(leg))

    def close(self, reason: str) -> None:
        """The call is over; whoever listens hears how it ended."""
        self._over, self._leg = True, None
        for listener in (*self._listeners, *self._followers):
            listener.put({"type": "status-update", "status": "ended", "endedReason": reason})
            listener.end(CALL_ENDED)

    def hush(self, on: bool) -> None:
        """Silence in place of both sides, and no words, while something is said that nobody may keep."""
        self._pass_on()
        if self._hushed and not on and self._leg is not None:
            self._tail = round(TAIL_S * self._leg.rate_hz) * 4
        self._hushed = on

    def said(self, line: TranscriptLine) -> None:
        """Something was said and heard."""
        if self._hushed:
            return
        self._tell(
            {
                "type": "transcript",
                "role": line.role,
                "transcriptType": "final",
                "transcript": line.text,
                "startMs": line.start_ms,
                "endMs": line.end_ms,
                "interrupted": line.interrupted,
            }
        )

    def status(self, status: str) -> None:
        """The call is in another state."""
        self._tell({"type": "status-update", "status": status})

    @contextmanager
    def listen(self) -> Iterator[Listener]:
        """Listen for as long as the block runs.

        Raises RequestError (409) for one listener too many, and when the call is over.
        """
        if self._over:
            raise RequestError("the call has ended", http_status=409, code="call-not-live")
        if len(self._listeners) >= MAX_LISTENERS:
            raise RequestError(
                f"{MAX_LISTENERS} listen to this call", http_status=409, code="too-many-listeners"
            )
        listener = Listener(round(QUEUE_S * 16_000 * 4))
        leg = self._leg
        if leg is not None:
            if not self._listeners:
                leg.overhear()
            listener.put(_start(leg))
        self._listeners.append(listener)
        self._timeline.add("monitor.joined", listeners=len(self._listeners))
        try:
            yield listener
        finally:
            self._listeners.remove(listener)
            if not self._over:
                why = listener.why or "left"
                self._timeline.add("monitor.left", listeners=len(self._listeners), why=why)

    @contextmanager
    def follow(self) -> Iterator[Listener]:
        """Hear messages only, no audio, for as long as the block runs: for the call's own other side."""
        listener = Listener(0)
        self._followers.append(listener)
        try:
            yield listener
        finally:
            self._followers.remove(listener)

    async def pump(self) -> None:
        """Pass audio on while somebody listens; each listener runs one, and none waits for another."""
        while True:
            self._pass_on()
            await trio.sleep(PUMP_S)

    def _pass_on(self) -> None:
        leg = self._leg
        while leg is not None and (audio := leg.read_overheard()):
            silent = len(audio) if self._hushed else min(self._tail, len(audio))
            self._tail -= 0 if self._hushed else silent
            heard = bytes(silent) + audio[silent:]
            for listener in self._listeners:
                listener.put(heard)

    def _tell(self, message: Mapping[str, object]) -> None:
        self._pass_on()
        for listener in (*self._listeners, *self._followers):
            listener.put(message)


def _start(leg: OverheardLeg) -> Mapping[str, object]:
    return {
        "type": "start",
        "encoding": "pcm_s16le",
        "sampleRate": leg.rate_hz,
        "channels": 2,
        "tracks": ["customer", "assistant"],
    }
