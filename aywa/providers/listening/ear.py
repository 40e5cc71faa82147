"""One call's ear at a streaming recogniser: audio out in pieces, transcripts back, and a watch over both."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Protocol

import trio

from aywa.errors import ParseError, ProviderError, ProviderFault
from aywa.ports.stt import Final, Partial, TranscriptEvent
from aywa.providers.listening.audio_clock import AudioClock
from aywa.providers.listening.gate import Gate
from aywa.providers.listening.utterances import Utterances
from aywa.providers.listening.wire import Frame, Sign, Wire
from aywa.providers.transcript_events import TranscriptEvents

BACKLOG_S = 5.0  # audio that the socket does not take: more of it means that the session is lost
SEND_S = 1.25  # how long one send may take
ANSWER_S = 1.25  # how long a request for finals may be without any answer
WORDLESS_S = 1.5  # how long after a noise a recogniser that judges turns may still find words in it
_TICK_S = 0.25
_FED_TICK_S = 0.5
_IDLE_TICK_S = 1.0
_IDLE_SAMPLES = 16_000  # without speech: from then on pieces are larger
_FILL = 16_000  # samples of silence that stand in for a hole, at most
_QUIET_S = 0.3  # nothing arrived for so long: silence stands in for it, as a recogniser waits for some
_MAX_QUIET_S = 6.0
_REAL_S = 0.4
_UNHEARD = 2
_BYTES_PER_MS = 32
_MOST_PENDING = int(BACKLOG_S * 1000) * _BYTES_PER_MS


class Wires(Protocol):
    """What carries frames: a `ProviderSocket`."""

    async def send(self, message: Frame) -> None:
        """Send one. Raises ProviderError."""

    async def receive(self) -> Frame:
        """The next one. Raises ProviderError."""


class Ear:
    """See `aywa.ports.stt.TranscriberSession`. `talk` and `listen` are run by whoever opened the socket."""

    def __init__(self, wire: Wire, provider: str, confidence_threshold: float = 0.0) -> None:
        self._wire = wire
        self._manners = wire.manners
        self._provider = provider
        self._threshold = confidence_threshold
        # Unbounded because nothing here may wait; a recogniser says a few things a second.
        self._out, self._in = trio.open_memory_channel[TranscriptEvent | ProviderError](math.inf)
        self._clock = AudioClock()
        self._gate = Gate() if wire.manners.gated else None
        self._utterances = Utterances()
        self._pending = bytearray()
        self._due = wire.manners.piece_ms * _BYTES_PER_MS  # so much of it is worth a frame
        self._idle_after = _IDLE_SAMPLES  # what was sent when it may be called idle
        self._requests: deque[Frame] = deque()  # they follow the audio that is pending
        self._lot = trio.lowlevel.ParkingLot()
        self._flush = self._fed = False
        self._opened_at = self._heard_at = self._sent_at = trio.current_time()
        self._fed_at = self._watched_at = self._opened_at
        self._sending_since: float | None = None
        self._asked_at: float | None = None
        self._asks = self._owed = False
        self._unheard = 0  # utterances in a row about which no frame came at all
        self._ready = self._lost = False
        self._quiet_s = 0.0
        self.dropped_samples = 0  # of 16 kHz, because the recogniser did not take them

    def feed_nowait(self, pcm: bytes, end_sample: int) -> None:
        """See the port. Where nothing arrived, up to a second of silence stands in for it."""
        self._fed = True
        if self._gate is not None:
            pcm = self._gate.feed(pcm, end_sample)
            if not pcm:
                return
        elif self._clock.follow(len(pcm) // 2, end_sample):  # as nearly always
            self._pending += pcm
            if len(self._pending) >= self._due:
                self._bound()
            return
        else:
            hole = self._clock.hole(len(pcm) // 2, end_sample)
            pcm = bytes(min(hole, _FILL) * 2) + pcm if hole else pcm
        self._queue(pcm, end_sample)

    def speech_started(self, at_sample: int) -> None:
        """See the port. What is pending goes at once."""
        self._utterances.started(at_sample, trio.current_time())
        self._due = self._manners.piece_ms * _BYTES_PER_MS
        if self._gate is not None and not self._gate.is_open:
            lead, end = self._gate.open(at_sample)
            if lead:
                self._queue(lead, end)
        self._wake()

    def speech_stopped(self, at_sample: int) -> None:
        """See the port."""
        since = self._utterances.speaking_since
        if since is None or not self._utterances.stopped(at_sample, trio.current_time()):
            return
        # A noise may be passed over; of real speech a recogniser that listens has said something by now.
        silent = self._heard_at < since and trio.current_time() - since >= _REAL_S
        self._owed = silent or self._utterances.unanswered
        self._idle_after = self._clock.sent + _IDLE_SAMPLES
        if self._gate is not None:
            self._gate.shut()
        requests = tuple(self._wire.finals())
        self._requests += requests
        self._asks = bool(requests)
        self._wake()

    def expect(self, phrases: tuple[str, ...]) -> None:
        """See the port."""
        self._requests += self._wire.hints(phrases)
        self._wake()

    def events(self) -> AsyncIterator[TranscriptEvent]:
        """See the port."""
        return TranscriptEvents(self._in)

    def close(self) -> None:
        """End the events."""
        self._out.close()

    async def talk(self, socket: Wires) -> None:
        """Send what there is to send. Ends when the session is lost."""
        try:
            for frame in self._wire.opening():
                await self._say(socket, frame)
            while True:
                await self._send_pending(socket)
                await self._lot.park()
        except ProviderError as error:
            self._lose(error)

    async def watch(self) -> None:
        """See what only the passing of time shows. Ends when the session is lost."""
        try:
            while True:
                self._watch()
                missing = self._gate is not None or not self._fed
                await trio.sleep((_TICK_S if missing else _FED_TICK_S) if self._busy() else _IDLE_TICK_S)
        except ProviderError as error:
            self._lose(error)

    async def listen(self, socket: Wires) -> None:
        """Take what comes. Ends when the session is lost."""
        try:
            while True:
                frame = await socket.receive()
                self._heard_at = trio.current_time()
                self._asked_at = None
                try:
                    heard = self._wire.take(frame, self._clock)
                except ParseError as error:
                    raise self._error(error.detail, ProviderFault.PROTOCOL) from error
                for event in heard:
                    self._take(event)
        except ProviderError as error:
            self._lose(self._classified(error))

    async def farewell(self, socket: Wires) -> None:
        """End the session as the wire wants it, as far as that is possible within half a second."""
        with trio.move_on_after(0.5, shield=True), suppress(ProviderError):
            for frame in self._wire.goodbye():
                await socket.send(frame)

    def _queue(self, pcm: bytes, end_sample: int) -> None:
        self._clock.piece(len(pcm) // 2, end_sample)
        self._pending += pcm
        if len(self._pending) >= self._due:
            self._bound()

    def _bound(self) -> None:
        """There is a piece to send, or more than may be."""
        over = len(self._pending) - _MOST_PENDING
        if over > 0:
            self.dropped_samples += over // 2
            del self._pending[:over]
        self._lot.unpark()
        # Whoever feeds is awake anyway: a task of its own that is woken as often costs more than the audio.
        if self._busy() and trio.current_time() - self._watched_at >= _TICK_S:
            try:
                self._watch()
            except ProviderError as error:
                self._lose(error)

    def _busy(self) -> bool:
        """Whether something is waited for that may not come."""
        opening = self._manners.sign_s is not None and not self._ready
        return opening or self._utterances.waiting_since is not None

    def _idle(self) -> bool:
        """Whether nobody is speaking, nor has been lately, nor waits for a final."""
        return self._utterances.waiting_since is None and self._clock.sent > self._idle_after

    def _wake(self) -> None:
        self._flush = True
        self._lot.unpark()

    async def _send_pending(self, socket: Wires) -> None:
        """Audio in pieces, and after it what was asked for meanwhile."""
        manners = self._manners
        if manners.holds_audio and not self._ready:
            return
        flush, self._flush = self._flush, False
        requests = list(self._requests)
        self._requests.clear()
        most, least = manners.most_ms * _BYTES_PER_MS, manners.least_ms * _BYTES_PER_MS
        while len(self._pending) >= self._due or (flush and self._pending):
            piece = bytes(self._pending[:most])
            if len(piece) < least:
                if not requests:
                    break
                short = least - len(piece)
                piece += bytes(short)
                self._clock.silence(short // 2)
            del self._pending[:most]
            await self._say(socket, self._wire.audio(piece))
        self._due = (manners.coarse_ms if self._idle() else manners.piece_ms) * _BYTES_PER_MS
        if requests and self._asks:
            self._asks = False
            self._asked_at = trio.current_time()
        for frame in requests:
            await self._say(socket, frame)

    async def _say(self, socket: Wires, frame: Frame) -> None:
        self._sending_since = trio.current_time()
        await socket.send(frame)
        self._sending_since = None
        self._sent_at = trio.current_time()

    def _watch(self) -> None:
        """What only the passing of time shows. Raises ProviderError when the session is lost."""
        now = self._watched_at = trio.current_time()
        manners = self._manners
        stuck = self._sending_since is not None and now - self._sending_since >= SEND_S
        if self.dropped_samples or stuck:
            raise self._error("The recogniser takes no audio", ProviderFault.TIMEOUT)
        if manners.sign_s is not None and not self._ready and now - self._opened_at >= manners.sign_s:
            raise self._error("The recogniser opened and stayed silent", ProviderFault.TIMEOUT)
        if self._deaf(now):
            raise self._error("The recogniser says nothing about speech", ProviderFault.TIMEOUT)
        owes = manners.answers_finals or self._owed
        if owes and self._asked_at is not None and now - self._asked_at >= ANSWER_S:
            raise self._error("The recogniser does not answer", ProviderFault.TIMEOUT)
        self._judge(now)
        self._stand_in(now)
        if manners.keep_alive_s is not None and now - self._sent_at >= manners.keep_alive_s:
            self._requests.append(self._wire.keep_alive())
            self._lot.unpark()

    def _deaf(self, now: float) -> bool:
        manners, said = self._manners, self._utterances
        since = said.waiting_since if manners.in_silence else said.speaking_since
        if since is None or manners.deaf_s is None or (manners.holds_audio and not self._ready):
            return False
        if not manners.steady and self._heard_at > since:
            return False
        return now - max(since, self._heard_at) >= manners.deaf_s

    def _judge(self, now: float) -> None:
        """Give up waiting for a final."""
        verdict_s = self._manners.verdict_s
        if verdict_s is None:
            empty = self._utterances.wordless(now, WORDLESS_S)
            if empty is not None:
                self._emit(empty)
            if self._utterances.overdue(now, self._manners.turn_s):
                raise self._error("The recogniser does not end the turn", ProviderFault.TIMEOUT)
        elif self._utterances.overdue(now, verdict_s):
            rest = self._wire.rest(self._clock)
            since = self._utterances.waiting_since
            self._unheard = self._unheard + 1 if since is not None and self._heard_at < since else 0
            if self._unheard >= _UNHEARD:
                raise self._error("The recogniser says nothing about speech", ProviderFault.TIMEOUT)
            self._take(Sign.SETTLED if rest is None else rest)

    def _stand_in(self, now: float) -> None:
        """Nothing arrives: the caller is silent, and a recogniser that waits for silence must hear it."""
        if self._fed:
            self._fed, self._fed_at, self._quiet_s = False, now, 0.0
            return
        quiet = now - self._fed_at
        if self._gate is not None or self._clock.end is None or quiet < _QUIET_S or quiet > _MAX_QUIET_S:
            return
        samples = int((quiet - self._quiet_s) * 16_000)
        self._quiet_s = quiet
        self._clock.silence(samples)
        self._pending += bytes(samples * 2)
        self._lot.unpark()

    def _take(self, event: TranscriptEvent | Sign) -> None:
        match event:
            case Sign.READY:
                self._ready = True
                self._wake()
            case Sign.SETTLED:
                empty = self._utterances.settled()
                if empty is not None:
                    self._emit(empty)
            case Partial():
                self._utterances.worded()
                self._emit(event)
            case Final():
                final = self._utterances.answered(event, self._clock.end)
                if final.confidence is not None and final.confidence < self._threshold:
                    final = Final("", final.confidence, final.started_at_sample, final.stopped_at_sample)
                self._emit(final)

    def _classified(self, error: ProviderError) -> ProviderError:
        """A close code says more than that it was closed."""
        fault = self._manners.close_codes.get(error.close_code or 0)
        if fault is None:
            return error
        return ProviderError(
            f"{error.detail} ({error.close_code})",
            provider=self._provider,
            stage="stt",
            fault=fault,
            close_code=error.close_code,
        )

    def _error(self, detail: str, fault: ProviderFault) -> ProviderError:
        return ProviderError(detail, provider=self._provider, stage="stt", fault=fault)

    def _lose(self, error: ProviderError) -> None:
        """Say so once; nothing comes behind it."""
        if not self._lost:
            self._emit(error)
            self._lost = True

    def _emit(self, event: TranscriptEvent | ProviderError) -> None:
        if self._lost:
            return
        with suppress(trio.ClosedResourceError, trio.BrokenResourceError):  # the call is over
            self._out.send_nowait(event)
