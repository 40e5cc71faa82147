"""OpenAI's speech request, and that of servers which speak as it does."""

from __future__ import annotations

import base64
import json

from aywa.emulators.exchange import EmulatorSocket, Reply, Request
from aywa.emulators.speaking import VoiceRecord, VoiceSettings, paced, wait_for
from aywa.emulators.speech_answer import say, wav
from aywa.emulators.tones import speak

RATE_HZ = 24_000
MAX_INPUT = 4096
_PATHS = ("/v1/audio/speech", "/audio/speech")


class OpenAISpeech:
    """Implements `Emulator`. Formats: pcm and wav, and pcm as server-sent events."""

    name = "openai"

    def __init__(
        self, settings: VoiceSettings | None = None, *, rate_hz: int = RATE_HZ, open_to_all: bool = False
    ) -> None:
        """`open_to_all`: without a key, as servers of one's own are."""
        self.settings = settings or VoiceSettings()
        self.record = VoiceRecord()
        self.given: list[dict[str, object]] = []
        self._rate = rate_hz
        self._open = open_to_all

    async def http(self, request: Request, reply: Reply) -> None:
        """`POST /v1/audio/speech`."""
        if request.path not in _PATHS or request.method != "POST":
            return
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not self._open and not self.settings.lets_in(key):
            await _refuse(reply, 401, "invalid_api_key")
            return
        body = request.json()
        text, voice, form = body.get("input"), body.get("voice"), body.get("response_format", "mp3")
        if not isinstance(text, str) or not text or not isinstance(voice, str) or not body.get("model"):
            await _refuse(reply, 400, "missing_required_parameter")
        elif len(text) > MAX_INPUT or not self.settings.has(voice) or form not in ("pcm", "wav"):
            await _refuse(reply, 400, "invalid_value")
        else:
            self.given.append(body)
            if body.get("stream_format") == "sse":
                await self._events(reply, text)
            elif form == "wav":
                await self._wav(reply, text)
            else:
                await say(
                    reply, text, self._rate, self.settings, record=self.record, content_type="audio/pcm"
                )

    async def socket(self, request: Request, socket: EmulatorSocket) -> None:
        """There is none."""
        await socket.reject(404)

    async def _wav(self, reply: Reply, text: str) -> None:
        self.record.texts.append(text)
        if not await reply.begin(200, {"Content-Type": "audio/wav", "Transfer-Encoding": "chunked"}):
            return
        await reply.send(wav(b"", self._rate, streamed=True))
        for frame in await paced(speak(text, self._rate), self._rate, self.settings):
            await wait_for(frame, self._rate, self.settings)
            await reply.send(frame.pcm)
        await reply.end()

    async def _events(self, reply: Reply, text: str) -> None:
        self.record.texts.append(text)
        if not await reply.begin(200, {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"}):
            return
        for frame in await paced(speak(text, self._rate), self._rate, self.settings):
            await wait_for(frame, self._rate, self.settings)
            said = {"type": "speech.audio.delta", "audio": base64.b64encode(frame.pcm).decode()}
            await reply.send(f"data: {json.dumps(said)}\n\n".encode())
        usage = {"input_tokens": len(text.split()), "output_tokens": 1, "total_tokens": len(text.split()) + 1}
        await reply.send(f"data: {json.dumps({'type': 'speech.audio.done', 'usage': usage})}\n\n".encode())
        await reply.end()


async def _refuse(reply: Reply, status: int, code: str) -> None:
    said = {"message": "Not taken", "type": "invalid_request_error", "param": None, "code": code}
    await reply.json(status, {"error": said})
