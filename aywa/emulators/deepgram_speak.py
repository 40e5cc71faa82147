"""Deepgram's text to speech: `/v1/speak` by request and by websocket."""

from __future__ import annotations

import json
from collections.abc import Mapping

import trio

from aywa.emulators.exchange import EmulatorSocket, Reply, Request
from aywa.emulators.speaking import VoiceRecord, VoiceSettings, paced, speak, wait_for
from aywa.emulators.speech_answer import say
from aywa.emulators.tones import ulaw

PATH = "/v1/speak"
MAX_FLUSHES, FLUSH_WINDOW_S = 20, 60.0
_RATES = (8000, 16_000, 24_000, 32_000, 48_000)
_METADATA = {
    "type": "Metadata",
    "request_id": "00000000-0000-0000-0000-000000000001",
    "model_version": "2025-01-01.0",
    "model_uuid": "00000000-0000-0000-0000-000000000002",
}


class DeepgramSpeak:
    """Implements `Emulator`."""

    name = "deepgram"

    def __init__(self, settings: VoiceSettings | None = None) -> None:
        self.settings = settings or VoiceSettings()
        self.record = VoiceRecord()

    async def http(self, request: Request, reply: Reply) -> None:
        """`POST /v1/speak`."""
        if request.path != PATH or request.method != "POST":
            return
        refusal = self._refusal(request)
        text = request.json().get("text")
        if refusal is None and (not isinstance(text, str) or not text):
            refusal = 400, "Bad Request"
        if refusal is not None:
            await reply.json(refusal[0], {"err_code": refusal[1], "err_msg": "Not taken", "request_id": "1"})
            return
        assert isinstance(text, str), "judged above"
        law = request.one("encoding") == "mulaw"
        await say(
            reply,
            text,
            int(request.one("sample_rate", "24000")),
            self.settings,
            record=self.record,
            content_type="audio/mulaw" if law else "audio/l16",
            encode=ulaw if law else bytes,
        )

    async def socket(self, request: Request, socket: EmulatorSocket) -> None:
        """`/v1/speak`."""
        refusal = self._refusal(request) if request.path == PATH else (404, "NOT_FOUND")
        if refusal is not None:
            await socket.reject(refusal[0], json.dumps({"err_code": refusal[1]}).encode())
            return
        await socket.accept()
        self.record.connections += 1
        await _Session(self, request, socket).run()

    def _refusal(self, request: Request) -> tuple[int, str] | None:
        """Why a request is not taken, if it is not."""
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() not in ("token", "bearer") or not self.settings.lets_in(key):
            return 401, "INVALID_AUTH"
        model = request.one("model", "aura-asteria-en")
        if not model.startswith("aura") or not self.settings.has(model):
            return 400, "INVALID_QUERY_PARAMETER"
        encoding, rate = request.one("encoding", "linear16"), request.one("sample_rate", "24000")
        if encoding not in ("linear16", "mulaw") or not rate.isdecimal() or int(rate) not in _RATES:
            return 400, "INVALID_QUERY_PARAMETER"
        return None


class _Session:
    """One websocket: its phrases are spoken one after the other."""

    def __init__(self, emulator: DeepgramSpeak, request: Request, socket: EmulatorSocket) -> None:
        self._emulator = emulator
        self._socket = socket
        self._rate = int(request.one("sample_rate", "24000"))
        self._law = request.one("encoding") == "mulaw"
        self._model = request.one("model", "aura-asteria-en")
        self._text = ""
        self._flushes: list[float] = []
        self._sequence = 0
        self._work, self._jobs = trio.open_memory_channel[Mapping[str, str]](1000)
        self._speaking: trio.CancelScope | None = None

    async def run(self) -> None:
        """Until either side closes."""
        async with trio.open_nursery() as nursery:
            try:
                await self._say({**_METADATA, "model_name": self._model})
                nursery.start_soon(self._speak)
                while (message := await self._socket.receive()) is not None:
                    if not await self._take(message):
                        break
            except trio.BrokenResourceError:
                pass
            nursery.cancel_scope.cancel()

    async def _take(self, message: str | bytes) -> bool:
        """One message; False: it was the last."""
        try:
            said = json.loads(message)
        except ValueError:
            said = None
        kind = said.get("type") if isinstance(said, dict) else None
        match kind:
            case "Speak":
                self._text += str(said.get("text", ""))
            case "Flush":
                await self._flush()
            case "Clear":
                await self._clear()
            case "Close":
                await self._socket.close(1000)
                return False
            case _:
                await self._socket.close(1008, "DATA-0000")
                return False
        return True

    async def _flush(self) -> None:
        now = trio.current_time()
        self._flushes = [at for at in self._flushes if now - at < FLUSH_WINDOW_S]
        if len(self._flushes) >= MAX_FLUSHES:
            await self._say(
                {"type": "Warning", "code": "EXCESSIVE_FLUSH", "description": "Too many Flush messages"}
            )
            return
        self._flushes.append(now)
        text, self._text = self._text, ""
        self._work.send_nowait({"text": text})

    async def _clear(self) -> None:
        """Drop what was not spoken yet, and stop what is being spoken."""
        self._text = ""
        while True:
            try:
                self._jobs.receive_nowait()
            except trio.WouldBlock:
                break
        if self._speaking is not None:
            self._speaking.cancel()
        await self._say({"type": "Cleared", "sequence_id": self._next()})

    async def _speak(self) -> None:
        settings, record = self._emulator.settings, self._emulator.record
        try:
            async for job in self._jobs:
                text = job["text"]
                with trio.CancelScope() as self._speaking:
                    if text.strip():
                        record.texts.append(text)
                    for frame in await paced(speak(text, self._rate), self._rate, settings):
                        await wait_for(frame, self._rate, settings)
                        await self._socket.send(ulaw(frame.pcm) if self._law else frame.pcm)
                    await self._say({"type": "Flushed", "sequence_id": self._next()})
                if self._speaking.cancelled_caught:
                    record.cancelled.append(text)
                self._speaking = None
        except trio.BrokenResourceError:
            return

    def _next(self) -> int:
        self._sequence += 1
        return self._sequence - 1

    async def _say(self, said: Mapping[str, object]) -> None:
        await self._socket.send(json.dumps(said))
