"""Carries one call's audio between its link and its leg, both ways, until either ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import trio

from aywa.transports.coding import PACKET_MS, StreamCoding
from aywa.transports.counters import StreamCounters
from aywa.transports.lead import Lead
from aywa.transports.link import Audio, Gone, Held, Key, Link, Overfull
from aywa.transports.media_clock import MediaClock
from aywa.transports.rtp_side import RtpSide
from aywa.transports.session import GOODBYE_S, StreamCall, StreamEnded

SEND_S = 5.0  # a peer that does not read for so long is gone
ASK_S = 5.0
_PACKETS = 2  # of 20 ms in one datagram: 60 ms of 16 kHz would not fit an Ethernet frame


class Carrier:
    """One call's tasks."""

    def __init__(self, call: StreamCall, link: Link, rtp: RtpSide, counters: StreamCounters) -> None:
        self._call = call
        self._link = link
        self._rtp = rtp
        self._counters = counters
        self._lead = Lead(link.cushion_ms, link.limit_ms)
        self._clock = MediaClock(link.coding.audio.clock_rate)
        self._ask_at = 0.0

    async def run(self, take: Callable[[StreamCall], Awaitable[None]]) -> None:
        """Have the call: `take` returns when it is over. Raises what `take` raises."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._receive, name="stream-in")
            nursery.start_soon(self._send, name="stream-out")
            try:
                await take(self._call)
            finally:
                self._counters.dropped_ms += self._lead.dropped_ms
                nursery.cancel_scope.cancel()

    async def _receive(self) -> None:
        """Until the far side is gone: also after our hang-up, so that it can close in peace."""
        while True:
            events = await self._link.receive()
            now = trio.current_time()
            heard: list[Audio] = []
            for event in events:
                match event:
                    case Audio():
                        heard.append(event)
                    case Key(key):
                        self._call.key(key)
                    case Held(held_ms):
                        self._lead.correct(now, held_ms)
                    case Overfull():
                        self._counters.overfull += 1
                        self._lead.correct(now, 0.0)
                        await self._say(self._link.flush)
                    case Gone(by_remote, reason):
                        self._call.gone.set()
                        self._call.end(StreamEnded(by_remote, reason))
                        return
            if heard:
                self._pass_on(now, heard)

    def _pass_on(self, now: float, heard: list[Audio]) -> None:
        if not self._agreed(heard[-1].coding):
            return  # the leg is not there yet
        coding = self._rtp.coding
        pieces = [audio.data for audio in heard if audio.coding is coding]
        pause = self._clock.pause_before(now, sum(map(len, pieces)) // coding.tick_bytes)
        for data in pieces:
            size = len(data) if len(data) <= _PACKETS * coding.packet_bytes else coding.packet_bytes
            for start in range(0, len(data), size):
                self._rtp.send_nowait(data[start : start + size], pause)
                pause = 0

    def _agreed(self, coding: StreamCoding) -> bool:
        """Whether the leg takes this coding; with another one than before, the clock ticks otherwise."""
        if coding is self._rtp.coding:
            return True
        if not self._call.recode(coding):
            return False
        self._clock = MediaClock(coding.audio.clock_rate)
        return True

    async def _send(self) -> None:
        await self._call.answered.wait()
        lead = self._lead
        self._ask_at = trio.current_time() + ASK_S
        await self._fill_cushion()
        while True:
            await self._rtp.wait_readable()
            if self._call.over:
                return  # what the leg still sends comes after our goodbye
            now, coding = trio.current_time(), self._rtp.coding
            packets: list[bytes] = []
            for data in self._rtp.receive_nowait():
                silent = coding.is_silence(data)
                packets += [data] * lead.copies(now, coding.duration_ms(data), silent=silent)
            if packets and not await self._say(self._link.send_audio, packets, coding):
                return
            if now >= self._ask_at:
                self._ask_at = now + ASK_S
                await self._say(self._link.ask)

    async def _fill_cushion(self) -> None:
        """Before the first word: later on there may be no silence to widen it with for a while."""
        coding = self._rtp.coding
        if coding.silence is None:
            return
        count = int(self._link.cushion_ms // PACKET_MS)
        if count:
            await self._say(self._link.send_audio, [coding.silence * coding.packet_bytes] * count, coding)
            self._lead.correct(trio.current_time(), count * float(PACKET_MS))

    async def _say(self, send: Callable[..., Awaitable[None]], *what: object) -> bool:
        """False when the connection is over, for whatever reason."""
        reason = "the far side does not read"
        with trio.move_on_after(SEND_S):
            try:
                await send(*what)
                return True
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                reason = "the connection broke"
                with trio.move_on_after(GOODBYE_S):
                    await self._call.gone.wait()  # who hung up may have said so
        if self._call.end(StreamEnded(by_remote=False, reason=reason)):
            await self._link.aclose()
        return False
