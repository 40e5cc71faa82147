"""One caller's ear over several recognisers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from math import inf

import trio

from aywa.errors import ProviderError
from aywa.ports.routes import RoutesOut, RouteUsed, Stage
from aywa.ports.stt import Final, Transcriber, TranscriberSession, TranscriptEvent
from aywa.providers.failover.attempts import Journey, Order, all_lost, ignore, late
from aywa.providers.failover.chain_line import ChainLine
from aywa.providers.failover.replay import Replay
from aywa.providers.failover.route import Route, fault_of

REOPEN_AFTER_S = (0.2, 1.0, 3.0)  # between rounds through all routes: what is said meanwhile is kept
DEAF_S = 6.0  # no round begins later: a call that nobody hears is better ended
BESIDE_S = 2.5  # a second recogniser that finds no words by then has heard noise
LEAST_SPEECH = 1600  # samples of 8 kHz: shorter than the shortest word
_BYTES_PER_S = 32_000
_DEAF = "The recogniser gives no sign of life while the caller speaks"


class ChainEar:
    """Implements `ports.stt.TranscriberSession`. Its lines run in `nursery`."""

    def __init__(self, journey: Journey[Transcriber], nursery: trio.Nursery) -> None:
        self._journey = journey
        self._nursery = nursery
        self._replay = Replay()
        self._expected: tuple[str, ...] = ()
        self._line: ChainLine | None = None  # that hears
        self._beside: ChainLine | None = None  # that finds out whether the other one is deaf
        self._order: Order[Transcriber] | None = None  # of the routes, while one is looked for
        self._rounds = 0  # through all routes, in vain
        self._lost_at = trio.current_time()
        self._last: ProviderError | None = None
        self._settled = trio.Event()  # a first line is open, or none will be
        self._started = False
        self._speech_at = -inf  # when the caller began to speak, and when he stopped
        self._stopped_at = -inf
        self._speech_from = 0
        self._doubted = False  # this speech was looked into already
        self._watch = trio.Event()
        # Transcripts are small, and whoever reads them does so at once.
        self._out, self._events = trio.open_memory_channel[TranscriptEvent | ProviderError](inf)

    async def start(self) -> None:
        """Open the first session. Raises `ProviderError`, not retryable, when none opens."""
        self._find()
        await self._settled.wait()
        if self._line is None:
            raise all_lost(self._journey.routes[0].name, Stage.HEARING, self._last)
        self._started = True
        self._nursery.start_soon(self._look_after, name="recogniser watch")

    def close(self) -> None:
        """Nobody listens any more."""
        for line in (self._line, self._beside):
            if line is not None:
                self._drop(line)
        self._line = self._beside = None

    def feed_nowait(self, pcm: bytes, end_sample: int) -> None:
        """See the port."""
        self._replay.fed(pcm, end_sample)
        for line in (self._line, self._beside):
            if line is not None:
                line.feed(pcm, end_sample)

    def speech_started(self, at_sample: int) -> None:
        """See the port."""
        self._replay.started(at_sample)
        self._speech_at, self._speech_from = trio.current_time(), at_sample
        self._stopped_at, self._doubted = -inf, False
        for session in self._sessions():
            session.speech_started(at_sample)
        self._watch.set()

    def speech_stopped(self, at_sample: int) -> None:
        """See the port."""
        self._replay.stopped(at_sample)
        self._stopped_at = trio.current_time()
        if at_sample - self._speech_from < LEAST_SPEECH:
            self._doubted = True
        for session in self._sessions():
            session.speech_stopped(at_sample)
        self._watch.set()

    def expect(self, phrases: tuple[str, ...]) -> None:
        """See the port."""
        self._expected = phrases
        for session in self._sessions():
            session.expect(phrases)

    async def events(self) -> AsyncIterator[TranscriptEvent]:
        """See the port. When no route is left whoever listens to the chain's news ends the call; if nobody
        does this raises `ProviderError`, not retryable.
        """
        while True:
            item = await self._events.receive()
            if not isinstance(item, ProviderError):
                yield item
            elif self._journey.report is ignore:
                raise item
            else:
                await trio.sleep_forever()

    def _sessions(self) -> list[TranscriberSession]:
        lines = (self._line, self._beside)
        return [line.session for line in lines if line is not None and line.session is not None]

    # --- who hears

    def _find(self, after: Route[Transcriber] | None = None) -> None:
        """Open the next route; `after`: who was lost just now comes last."""
        now = trio.current_time()
        if self._order is None:
            self._order = Order(self._journey, now)
            self._lost_at = now
            if after is not None:
                self._order.last(after)
        route = self._order.next(now)
        if route is not None:
            self._line = self._open(route)
        elif self._started and self._rounds < len(REOPEN_AFTER_S) and now - self._lost_at < DEAF_S:
            self._nursery.start_soon(self._find_later, REOPEN_AFTER_S[self._rounds])
            self._rounds += 1
        else:
            self._settled.set()
            if self._started:
                self._journey.report(RoutesOut(Stage.HEARING))
                self._out.send_nowait(all_lost(self._journey.routes[0].name, Stage.HEARING, self._last))

    async def _find_later(self, seconds: float) -> None:
        await trio.sleep(seconds)
        before, self._order = self._order, Order(self._journey, trio.current_time())
        if before is not None:
            self._order.reason = self._order.reason or before.reason
            self._order.first_lost = before.first_lost
        self._find()

    def _open(self, route: Route[Transcriber], *, beside: bool = False) -> ChainLine:
        line = ChainLine(route, self._replay, beside=beside)
        self._journey.asked(route, line.began)
        self._nursery.start_soon(self._run, line, name=f"recogniser {route.name}")
        return line

    async def _run(self, line: ChainLine) -> None:
        self._nursery.start_soon(self._note_opened, line)
        await line.run(lambda: self._expected, self._told, self._lost)

    async def _note_opened(self, line: ChainLine) -> None:
        """An open session is one that hears, until it turns out otherwise."""
        await line.opened.wait()
        if line is not self._line:
            return
        order, self._order = self._order, None
        reason, lost = ("", None) if order is None else (order.reason, order.first_lost)
        self._journey.goes_by(line.route, reason, trio.current_time() - self._lost_at, lost)
        self._settled.set()
        self._watch.set()

    def _told(self, line: ChainLine, event: TranscriptEvent) -> None:
        """A session has given something."""
        if line is self._beside:
            if not event.text.strip():
                if isinstance(event, Final):
                    self._end_doubt()
                return
            self._replace_deaf(line)
        elif line is not self._line:
            return
        elif event.text.strip() or isinstance(event, Final):
            self._end_doubt()
        if isinstance(event, Final):
            stopped_at = event.stopped_at_sample
            if stopped_at is not None and stopped_at <= self._replay.final_at:
                return  # what was said before the line changed is known
            self._replay.final(stopped_at)
            self._rounds = 0
        if event.text.strip() and not line.proved:
            line.proved = True
            self._journey.worked(line.route, line.began)
        self._out.send_nowait(event)

    def _lost(self, line: ChainLine, error: ProviderError) -> None:
        """A session is over."""
        if line is self._beside:
            self._end_doubt()
            return
        if line is not self._line:
            return
        now = trio.current_time()
        self._last = error
        self._journey.failed(line.route, error, now)
        self._account(line)
        self._line = None
        if self._beside is not None and self._beside.session is not None:
            beside, self._beside = self._beside, None
            beside.beside = False
            self._line = beside
            self._journey.goes_by(beside.route, fault_of(error).value, now - self._lost_at, line.route)
            return
        if self._beside is not None:
            self._end_doubt()
        fresh = self._order is None
        self._find(line.route if fresh else None)
        if self._order is not None:
            self._order.lost(line.route, error)

    # --- who may be deaf

    async def _look_after(self) -> None:
        """Doubt the one that hears when there is speech and no sign of it."""
        while True:
            moment = self._doubt_at()
            with trio.move_on_at(moment):
                await self._watch.wait()
                self._watch = trio.Event()
                continue
            if trio.current_time() >= self._doubt_at():
                self._doubt()

    def _doubt_at(self) -> float:
        """When the session that hears is to be doubted; when the doubt is to end if there is one."""
        if self._beside is not None:
            return self._beside.began + BESIDE_S
        line = self._line
        if line is None or line.session is None or self._doubted or not self._replay.pending:
            return inf
        deadlines = line.route.deadlines
        if line.streams and line.signed_at <= self._speech_at:
            return self._speech_at + deadlines.sign_s
        if self._stopped_at > self._speech_at:
            return max(self._stopped_at, line.signed_at) + deadlines.final_s
        return max(self._speech_at, line.signed_at) + deadlines.sign_s if line.streams else inf

    def _doubt(self) -> None:
        if self._beside is not None:
            self._end_doubt()
            return
        line = self._line
        assert line is not None
        self._doubted = True
        self._lost_at = trio.current_time()
        order = Order(self._journey, self._lost_at)
        order.last(line.route)
        route = order.next(self._lost_at)
        assert route is not None, "a chain has at least one route"
        self._beside = self._open(route, beside=True)

    def _end_doubt(self) -> None:
        """It was noise, or the one that hears has found words after all."""
        if self._beside is not None:
            beside, self._beside = self._beside, None
            self._drop(beside)
            self._watch.set()

    def _replace_deaf(self, line: ChainLine) -> None:
        """The second one has found words: the first was deaf."""
        deaf, self._beside = self._line, None
        line.beside = False
        self._line = line
        if deaf is not None:
            error = late(deaf.route.name, Stage.HEARING, _DEAF)
            self._last = error
            self._journey.failed(deaf.route, error, trio.current_time())
            self._drop(deaf)
        after_s, lost = trio.current_time() - self._lost_at, None if deaf is None else deaf.route
        self._journey.goes_by(line.route, "timeout", after_s, lost)
        self._watch.set()

    def _drop(self, line: ChainLine) -> None:
        line.stop()
        if not line.proved:
            self._journey.released(line.route)
        self._account(line)

    def _account(self, line: ChainLine) -> None:
        """What it was given that counts for another one, or twice."""
        name, first = line.route.name, line.route is self._journey.routes[0]
        live_s, extra_s = line.live_bytes / _BYTES_PER_S, line.extra_bytes / _BYTES_PER_S
        line.live_bytes = line.extra_bytes = 0
        if live_s and not first:
            self._journey.report(RouteUsed(Stage.HEARING, name, instead=True, seconds=live_s))
        if extra_s:
            self._journey.report(RouteUsed(Stage.HEARING, name, seconds=extra_s))
