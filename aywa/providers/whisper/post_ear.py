"""One call's ear at a server that takes whole utterances by HTTP."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass

import trio

from aywa.errors import ParseError, ProviderError, ProviderFault
from aywa.model.transcribers.whisper import WhisperTranscriber
from aywa.ports.stt import Final, TranscriptEvent
from aywa.providers.listening.gate import Gate
from aywa.providers.transcript_events import TranscriptEvents
from aywa.providers.web.access import Access
from aywa.providers.web.door import ProviderDoor
from aywa.providers.whisper.post_wire import multipart, parse_answer

PATH = "/v1/audio/transcriptions"
MAX_UTTERANCE = 16_000 * 2 * 60  # bytes: nobody is heard out for longer than a minute
_MAX_ANSWER = 1 << 20
_MAX_HINT = 400  # characters
_BOUNDARY = "aywa-utterance-7d1c4f0a9b2e"


@dataclass(slots=True)
class _Utterance:
    """Speech of one piece; positions in samples of 8 kHz."""

    started_at: int
    pcm: bytearray
    stopped_at: int | None = None


class PostEar:
    """See `aywa.ports.stt.TranscriberSession`. Utterances are asked about one after the other."""

    def __init__(
        self, door: ProviderDoor, access: Access, plan: WhisperTranscriber, path: str = PATH
    ) -> None:
        self._door = door
        self._access = access
        self._plan = plan
        self._path = path
        self._out, self._in = trio.open_memory_channel[TranscriptEvent | ProviderError](math.inf)
        self._gate = Gate()
        self._current: _Utterance | None = None
        self._waiting: deque[_Utterance] = deque()
        self._lot = trio.lowlevel.ParkingLot()
        self._hint = ""
        self.dropped_samples = 0  # of 16 kHz, of utterances that were too long

    def feed_nowait(self, pcm: bytes, end_sample: int) -> None:
        """See the port."""
        self._keep(self._gate.feed(pcm, end_sample))

    def speech_started(self, at_sample: int) -> None:
        """See the port."""
        self.speech_stopped(at_sample)
        lead, _ = self._gate.open(at_sample)
        self._current = _Utterance(at_sample, bytearray(lead))

    def speech_stopped(self, at_sample: int) -> None:
        """See the port. The utterance goes to the server."""
        if self._current is None:
            return
        self._gate.shut()
        self._current.stopped_at = at_sample
        self._waiting.append(self._current)
        self._current = None
        self._lot.unpark()

    def expect(self, phrases: tuple[str, ...]) -> None:
        """See the port: they are a prompt."""
        said = ", ".join(phrases)
        self._hint = said if len(said) <= _MAX_HINT else said[:_MAX_HINT].rpartition(",")[0]

    def events(self) -> AsyncIterator[TranscriptEvent]:
        """See the port."""
        return TranscriptEvents(self._in)

    def close(self) -> None:
        """End the events."""
        self._out.close()

    async def serve(self) -> None:
        """Ask about each utterance. Ends when the server fails."""
        while True:
            while self._waiting:
                try:
                    self._emit(await self._ask(self._waiting[0]))
                except ProviderError as error:
                    self._emit(error)
                    return
                self._waiting.popleft()
            await self._lot.park()

    async def _ask(self, utterance: _Utterance) -> Final:
        body = multipart(self._plan, bytes(utterance.pcm), _BOUNDARY, self._hint)
        headers = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}
        if self._access.key:
            headers["Authorization"] = f"Bearer {self._access.key}"
        limit_s = self._plan.timeout_seconds
        answer = bytearray()
        async with self._door.request(
            self._access,
            stage="stt",
            path=self._path,
            headers=headers,
            body=body,
            first_byte_s=limit_s,
            whole_s=limit_s,
            max_bytes=_MAX_ANSWER,
        ) as found:
            async for piece in found.pieces:
                answer += piece
        try:
            return parse_answer(bytes(answer), utterance.started_at, utterance.stopped_at)
        except ParseError as error:
            raise ProviderError(
                error.detail, provider=self._access.provider, stage="stt", fault=ProviderFault.PROTOCOL
            ) from error

    def _keep(self, pcm: bytes) -> None:
        if self._current is None or not pcm:
            return
        room = max(MAX_UTTERANCE - len(self._current.pcm), 0)
        self._current.pcm += pcm[:room]
        self.dropped_samples += max(len(pcm) - room, 0) // 2

    def _emit(self, event: TranscriptEvent | ProviderError) -> None:
        with suppress(trio.ClosedResourceError, trio.BrokenResourceError):  # the call is over
            self._out.send_nowait(event)
