"""Cartesia's text to speech websocket."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

import trio

from aywa.emulators.exchange import EmulatorSocket, Reply, Request
from aywa.emulators.speaking import VoiceRecord, VoiceSettings, paced, speak, wait_for

IDLE_S = 300.0
_RATES = (8000, 16_000, 22_050, 24_000, 44_100, 48_000)


class CartesiaSpeech:
    """Implements `Emulator`. `cancel` stops a phrase, as it may do there."""

    name = "cartesia"

    def __init__(self, settings: VoiceSettings | None = None) -> None:
        self.settings = settings or VoiceSettings()
        self.record = VoiceRecord()
        self.given: list[Mapping[str, object]] = []

    async def http(self, request: Request, reply: Reply) -> None:
        """Only the websocket is emulated."""

    async def socket(self, request: Request, socket: EmulatorSocket) -> None:
        """`/tts/websocket`."""
        if request.path != "/tts/websocket":
            await socket.reject(404)
            return
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        key = request.headers.get("x-api-key") or bearer or request.one("api_key")
        if not self.settings.lets_in(key):
            await socket.reject(401, b'{"error_code": "unauthorized"}')
            return
        if not (request.headers.get("cartesia-version") or request.one("cartesia_version")):
            await socket.reject(400, b'{"error_code": "version_missing"}')
            return
        await socket.accept()
        self.record.connections += 1
        await _Session(self, socket).run()


class _Session:
    """One websocket."""

    def __init__(self, emulator: CartesiaSpeech, socket: EmulatorSocket) -> None:
        self._emulator = emulator
        self._socket = socket
        self._running: dict[str, trio.CancelScope] = {}
        self._texts: dict[str, str] = {}  # of contexts that go on

    async def run(self) -> None:
        """Until either side closes."""
        async with trio.open_nursery() as nursery:
            try:
                while True:
                    message: str | bytes | None = None
                    with trio.move_on_after(IDLE_S):
                        message = await self._socket.receive()
                    if message is None:
                        break
                    await self._take(message, nursery)
            except trio.BrokenResourceError:
                pass
            nursery.cancel_scope.cancel()

    async def _take(self, message: str | bytes, nursery: trio.Nursery) -> None:
        try:
            said = json.loads(message)
        except ValueError:
            said = None
        context = said.get("context_id") if isinstance(said, dict) else None
        if not isinstance(said, dict) or not isinstance(context, str):
            await self._refuse("", 400, "invalid_request")
            return
        if said.get("cancel") is True:
            self._emulator.record.cancelled.append(context)
            if (scope := self._running.pop(context, None)) is not None:
                scope.cancel()
            return
        fault = self._fault(said)
        if fault is not None:
            await self._refuse(context, *fault)
            return
        self._emulator.given.append(said)
        text = self._texts.pop(context, "") + str(said.get("transcript"))
        if said.get("continue") is True:
            self._texts[context] = text
            return
        scope = trio.CancelScope()
        self._running[context] = scope
        record = self._emulator.record
        record.texts.append(text)
        record.most_at_once = max(record.most_at_once, len(self._running))
        nursery.start_soon(self._speak, context, text, said, scope)

    def _fault(self, said: Mapping[str, object]) -> tuple[int, str] | None:
        voice, form = said.get("voice"), said.get("output_format")
        if not isinstance(voice, dict) or voice.get("mode") != "id":
            return 400, "invalid_voice"
        if not self._emulator.settings.has(str(voice.get("id"))):
            return 404, "voice_not_found"
        if not str(said.get("model_id", "")).startswith("sonic"):
            return 400, "model_not_found"
        if not isinstance(form, dict) or form.get("container") != "raw":
            return 400, "invalid_output_format"
        if form.get("encoding") != "pcm_s16le" or form.get("sample_rate") not in _RATES:
            return 400, "invalid_output_format"
        return None

    async def _refuse(self, context: str, status: int, code: str) -> None:
        said: dict[str, object] = {"type": "error", "done": True, "status_code": status, "error_code": code}
        said |= {"title": "Refused", "message": "The request was not taken", "request_id": "emulated"}
        if context:
            said["context_id"] = context
        await self._socket.send(json.dumps(said))

    async def _speak(
        self, context: str, text: str, asked: Mapping[str, object], scope: trio.CancelScope
    ) -> None:
        form = asked["output_format"]
        assert isinstance(form, dict), "judged before"
        rate = int(form["sample_rate"])
        try:
            with scope:
                for frame in await paced(speak(text, rate), rate, self._emulator.settings):
                    await wait_for(frame, rate, self._emulator.settings)
                    if frame.words and asked.get("add_timestamps") is True:
                        stamps = {
                            "words": [word.word for word in frame.words],
                            "start": [word.start / rate for word in frame.words],
                            "end": [(word.start + word.samples) / rate for word in frame.words],
                        }
                        await self._say(context, "timestamps", word_timestamps=stamps)
                    data = base64.b64encode(frame.pcm).decode()
                    await self._say(context, "chunk", data=data, step_time=1.0)
                self._running.pop(context, None)
                await self._say(context, "done", done=True)
        except trio.BrokenResourceError:
            return

    async def _say(self, context: str, kind: str, *, done: bool = False, **further: object) -> None:
        said = {"type": kind, "context_id": context, "done": done, "status_code": 206, **further}
        await self._socket.send(json.dumps(said))
