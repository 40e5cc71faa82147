"""A voice over websockets that stay open from phrase to phrase."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import trio

from aywa.errors import ProviderError, ProviderFault
from aywa.ports.tts import SpeechChunk
from aywa.providers.speech.deadlines import SpeechDeadlines
from aywa.providers.speech.faults import STAGE, voice_error
from aywa.providers.speech.lane import Lane, LaneState
from aywa.providers.speech.pcm import PcmEdge
from aywa.providers.speech.phrase import Phrase
from aywa.providers.speech.wires import SocketWire
from aywa.providers.web.access import Access
from aywa.providers.web.door import ProviderDoor
from aywa.providers.web.socket import ProviderSocket

IDLE_S = 170.0  # an unused connection is kept so long: vendors close theirs after 180 s and more
MAX_LANES = 64
WARM_S = 3.0
_SPEAKABLE = re.compile(r"\w")


class SocketVoice:
    """Implements `ports.tts.Synthesizer`, for one call or for many.

    Connections are opened where a phrase finds no room, live in the door's nursery, and close when they were
    not used for `IDLE_S` or with `close`. A phrase that was left takes nothing of the next with it: its name
    is never used again, and a wire without names has its connection rest until the vendor has confirmed.
    """

    def __init__(
        self, door: ProviderDoor, access: Access, wire: SocketWire, deadlines: SpeechDeadlines | None = None
    ) -> None:
        self.name = access.provider
        self._door = door
        self._access = access
        self._wire = wire
        self._deadlines = deadlines or SpeechDeadlines()
        self._lanes: list[Lane] = []

    @property
    def connections(self) -> int:
        """Open ones, and those that are being opened."""
        return len(self._alive())

    async def warm(self) -> None:
        """Have a connection open, within 3 s. Never raises: the first phrase will."""
        with trio.move_on_after(WARM_S):
            await self._lane().settled.wait()

    def close(self) -> None:
        """End every connection. The next phrase opens a new one."""
        for lane in self._lanes:
            lane.close()
        self._lanes.clear()

    @asynccontextmanager
    async def synthesize(self, text: str) -> AsyncIterator[AsyncIterator[SpeechChunk]]:
        """See `Synthesizer`. A text without a letter or a digit is silence."""
        speech = _Speech(self, text)
        if _SPEAKABLE.search(text):
            speech.begin()
        try:
            yield speech
        finally:
            speech.leave()

    def start(self, text: str) -> tuple[Lane, str, Phrase]:
        """Have a phrase made on some connection. Raises ProviderError."""
        phrase = Phrase(self.name, PcmEdge(self._wire.form), self._deadlines)
        lane = self._lane()
        context = lane.begin(text, phrase)
        return lane, context, phrase

    def prepare(self) -> None:
        """Have a connection for the next phrase, where each needs its own."""
        if not self._wire.single or any(lane.has_room for lane in self._alive()):
            return
        if len(self._lanes) < MAX_LANES:
            self._open()

    def _lane(self) -> Lane:
        alive = self._alive()
        for lane in alive:
            if lane.has_room:
                return lane
        if len(alive) >= MAX_LANES:
            raise voice_error(
                self.name, "Too many connections to the voice are busy", ProviderFault.RATE_LIMITED
            )
        return self._open()

    def _alive(self) -> list[Lane]:
        self._lanes = [lane for lane in self._lanes if lane.state is not LaneState.CLOSED]
        return self._lanes

    def _open(self) -> Lane:
        lane = Lane(self._wire, self._connect, IDLE_S)
        self._lanes.append(lane)
        self._door.start_soon(lane.run)
        return lane

    def _connect(self) -> AbstractAsyncContextManager[ProviderSocket]:
        return self._door.socket(self._access, stage=STAGE, path=self._wire.path, headers=self._wire.headers)


class _Speech:
    """The pieces of a phrase. A class, not a generator: nothing to close."""

    def __init__(self, voice: SocketVoice, text: str) -> None:
        self._voice = voice
        self._text = text
        self._made: tuple[Lane, str, Phrase] | None = None
        self._heard = False
        self._again = False  # it was begun on an old connection, which may have been closed unseen

    def begin(self) -> None:
        """Ask for the phrase."""
        self._made = self._voice.start(self._text)
        self._again = self._made[0].begun > 1 or self._made[0].state is LaneState.OPEN

    def leave(self) -> None:
        """Stop it, if it is not complete."""
        if self._made is not None:
            lane, context, _ = self._made
            try:
                lane.leave(context)
            except ProviderError:
                lane.close()

    def __aiter__(self) -> _Speech:
        return self

    async def __anext__(self) -> SpeechChunk:
        if self._made is None:
            await trio.lowlevel.checkpoint()
            raise StopAsyncIteration
        try:
            chunk = await self._made[2].next()
        except ProviderError as error:
            if not self._again or self._made[2].spoke or error.fault is not ProviderFault.CLOSED:
                raise
            self._made = self._voice.start(self._text)
            self._again = False
            chunk = await self._made[2].next()
        if chunk is None:
            raise StopAsyncIteration
        if not self._heard:
            self._heard = True
            self._voice.prepare()
        return chunk
