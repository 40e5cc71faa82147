"""Piper's HTTP server."""

from __future__ import annotations

from aywa.emulators.exchange import EmulatorSocket, Reply, Request
from aywa.emulators.speaking import VoiceRecord, VoiceSettings, paced
from aywa.emulators.speech_answer import wav
from aywa.emulators.tones import speak

PATH = "/synthesize"
RATE_HZ = 22_050


class PiperSpeech:
    """Implements `Emulator`. As with Piper, an unknown voice is its own, and a request without text fails
    with 500. The WAV comes whole, and is named text/html, as its web framework does.
    """

    name = "piper"

    def __init__(self, settings: VoiceSettings | None = None, *, rate_hz: int = RATE_HZ) -> None:
        self.settings = settings or VoiceSettings()
        self.record = VoiceRecord()
        self.given: list[dict[str, object]] = []
        self._rate = rate_hz

    async def http(self, request: Request, reply: Reply) -> None:
        """`POST /synthesize`, `GET /voices`."""
        if request.path == "/voices" and request.method == "GET":
            await reply.json(200, {"en_US-emulated-medium": {"audio": {"sample_rate": self._rate}}})
            return
        if request.path != PATH or request.method != "POST":
            return
        body = request.json()
        text = str(body.get("text", "")).strip()
        if not text:
            await reply.whole(500, b"Internal Server Error", {"Content-Type": "text/html; charset=utf-8"})
            return
        self.given.append(body)
        self.record.texts.append(text)
        spoken = speak(text, self._rate)
        await paced(spoken, self._rate, self.settings)
        data = wav(spoken.pcm, self._rate)
        length = {"Content-Length": str(len(data)), "Content-Type": "text/html; charset=utf-8"}
        if not await reply.begin(200, length):
            return
        for at in range(0, len(data), 8192):
            await reply.send(data[at : at + 8192])
        await reply.end()

    async def socket(self, request: Request, socket: EmulatorSocket) -> None:
        """There is none."""
        await socket.reject(404)
