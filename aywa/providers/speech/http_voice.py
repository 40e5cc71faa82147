"""A voice over HTTP: a request for each phrase, its audio while it comes."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from aywa.errors import ProviderFault
from aywa.ports.tts import SpeechChunk
from aywa.providers.speech.deadlines import SpeechDeadlines
from aywa.providers.speech.faults import STAGE, voice_error
from aywa.providers.speech.pcm import SpeechEdge
from aywa.providers.speech.wires import HttpWire
from aywa.providers.web.access import Access
from aywa.providers.web.door import ProviderDoor, WebAnswer

_SPEAKABLE = re.compile(r"\w")


class HttpVoice:
    """Implements `ports.tts.Synthesizer`, for one call or for many: the door keeps the connections."""

    def __init__(
        self, door: ProviderDoor, access: Access, wire: HttpWire, deadlines: SpeechDeadlines | None = None
    ) -> None:
        self.name = access.provider
        self._door = door
        self._access = access
        self._wire = wire
        self._deadlines = deadlines or SpeechDeadlines()

    async def warm(self) -> None:
        """Have a connection ready for the first phrase. Never raises: the phrase will."""
        await self._door.warm(self._access, stage=STAGE)

    def close(self) -> None:
        """Nothing is kept here."""

    @asynccontextmanager
    async def synthesize(self, text: str) -> AsyncIterator[AsyncIterator[SpeechChunk]]:
        """See `Synthesizer`. A text without a letter or a digit is silence. Leaving resets the stream."""
        if not _SPEAKABLE.search(text):
            yield _Silence()
            return
        due = trio.current_time() + self._deadlines.first_audio_s
        request = self._wire.request(text)
        async with self._door.request(
            self._access,
            stage=STAGE,
            path=request.path,
            headers=request.headers,
            body=request.body,
            first_byte_s=self._deadlines.first_audio_s,
        ) as answer:
            yield _Pieces(self.name, answer, self._wire.edge(answer.headers), due, self._deadlines.gap_s)


class _Silence:
    """Of a text that has no sound."""

    def __aiter__(self) -> _Silence:
        return self

    async def __anext__(self) -> SpeechChunk:
        await trio.lowlevel.checkpoint()
        raise StopAsyncIteration


class _Pieces:
    """What an answer's body becomes, piece by piece."""

    def __init__(self, name: str, answer: WebAnswer, edge: SpeechEdge, due: float, gap_s: float) -> None:
        self._name = name
        self._body = answer.pieces
        self._edge = edge
        self._due = due
        self._gap_s = gap_s
        self._ready = b""
        self._spoke = False
        self._over = False

    def __aiter__(self) -> _Pieces:
        return self

    async def __anext__(self) -> SpeechChunk:
        while not self._ready:
            if self._over:
                raise StopAsyncIteration
            await self._fill()
        await trio.lowlevel.checkpoint()
        pcm, self._ready = self._ready, b""
        self._due = trio.current_time() + self._gap_s
        self._spoke = True
        return SpeechChunk(pcm)

    async def _fill(self) -> None:
        """Wait for the next piece of the body."""
        data: bytes | None = None
        with trio.move_on_at(self._due) as bound:
            data = await anext(self._body, None)
        if bound.cancelled_caught:
            self._over = True
            said = "The voice fell silent" if self._spoke else "The voice does not begin to speak"
            raise voice_error(self._name, said, ProviderFault.TIMEOUT)
        if data is not None:
            self._ready = self._edge.add(data)
            return
        self._over = True
        self._ready = self._edge.finish()
        if not self._ready and not self._spoke:
            raise voice_error(self._name, "The voice gave no sound", ProviderFault.PROTOCOL)
