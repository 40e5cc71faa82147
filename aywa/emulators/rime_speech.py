"""Rime's speech request."""

from __future__ import annotations

from aywa.emulators.exchange import EmulatorSocket, Reply, Request
from aywa.emulators.speaking import VoiceRecord, VoiceSettings
from aywa.emulators.speech_answer import say
from aywa.emulators.tones import ulaw

PATH = "/v1/rime-tts"


class RimeSpeech:
    """Implements `Emulator`. Of its formats it has audio/PCMU; its errors are plain text."""

    name = "rime-ai"

    def __init__(self, settings: VoiceSettings | None = None) -> None:
        self.settings = settings or VoiceSettings()
        self.record = VoiceRecord()
        self.given: list[dict[str, object]] = []

    async def http(self, request: Request, reply: Reply) -> None:
        """`POST /v1/rime-tts`."""
        if request.path != PATH or request.method != "POST":
            return
        plain = {"Content-Type": "text/plain"}
        if not self.settings.lets_in(request.headers.get("authorization", "").removeprefix("Bearer ")):
            await reply.whole(401, b"invalid apikey", plain)
            return
        body = request.json()
        text = str(body.get("text", ""))
        rate, speaker = body.get("samplingRate", 8000), body.get("speaker")
        known = isinstance(speaker, str) and self.settings.has(speaker)
        raw = request.headers.get("accept", "").lower() == "audio/pcmu"
        if not text or not known or not raw or not isinstance(rate, int):
            await reply.whole(400, b"bad request", plain)
        else:
            self.given.append(body)
            await say(
                reply,
                text,
                rate,
                self.settings,
                record=self.record,
                content_type="audio/PCMU",
                encode=ulaw,
            )

    async def socket(self, request: Request, socket: EmulatorSocket) -> None:
        """Its websockets are not emulated."""
        await socket.reject(404)
