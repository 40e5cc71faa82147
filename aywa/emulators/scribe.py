"""ElevenLabs' Scribe realtime: /v1/speech-to-text/realtime.

Source: elevenlabs 2.78 (realtime.scribe), which the tests run against this.
"""

from __future__ import annotations

import json
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Collection
from typing import Any

from aywa.emulators.exchange import EmulatorSocket, Reply, Request
from aywa.emulators.hearing import Moment, MomentKind, Script, ScriptedEar, timed_words

_FORMATS = {f"pcm_{rate}": rate for rate in (8000, 16_000, 22_050, 24_000, 44_100, 48_000)}
_LEAST_S = 0.3  # of audio that a commit must have


class ScribeEmulator:
    """Hears a script. `keys`: those that are let in; None: any."""

    name = "11labs"

    def __init__(self, script: Script | None = None, keys: Collection[str] | None = None) -> None:
        self.script = script or Script()
        self.keys = keys
        self.commits = 0

    async def http(self, request: Request, reply: Reply) -> None:
        """See `Emulator`."""
        if not self._authorised(request):
            await reply.json(401, {"detail": {"status": "invalid_api_key", "message": "Invalid API key"}})
        elif request.path in ("/v1/user", "/v1/models"):
            await reply.json(200, {})

    async def socket(self, request: Request, socket: EmulatorSocket) -> None:
        """See `Emulator`."""
        if request.path != "/v1/speech-to-text/realtime":
            return
        if not self._authorised(request):
            await socket.reject(401, b'{"detail":{"status":"invalid_api_key"}}')
            return
        await socket.accept()
        kind = request.one("audio_format", "pcm_16000")
        rate = 8000 if kind == "ulaw_8000" else _FORMATS.get(kind)
        if rate is None or not request.one("model_id"):
            await _say(socket, "invalid_request", error="audio_format or model_id")
            await socket.close(1008)
            return
        manual = request.one("commit_strategy", "manual") == "manual"
        ear = ScriptedEar(
            self.script, rate, mulaw=kind == "ulaw_8000", silence_s=float("inf") if manual else 1.0
        )
        config = {"sample_rate": rate, "audio_format": kind, "model_id": request.one("model_id")}
        strategy = "manual" if manual else "vad"
        await _say(
            socket, "session_started", session_id="emulated", config={**config, "commit_strategy": strategy}
        )
        await self._serve(socket, ear, timed=request.one("include_timestamps") == "true")

    async def _serve(self, socket: EmulatorSocket, ear: ScriptedEar, *, timed: bool) -> None:
        committed_s = 0.0
        while (message := await socket.receive()) is not None:
            try:
                found = json.loads(message)
                audio = b64decode(found.get("audio_base_64", ""), validate=True)
                if found.get("message_type") != "input_audio_chunk":
                    raise ValueError("message_type")
            except (ValueError, NotBase64, TypeError, AttributeError):
                await _say(socket, "input_error", error="not an input_audio_chunk")
                await socket.close(1008)
                return
            for moment in ear.hear(audio):
                if moment.kind is MomentKind.WORDS and moment.text:
                    await _say(socket, "partial_transcript", text=moment.text)
                elif moment.kind is MomentKind.STOPPED:
                    committed_s = ear.heard_s
                    await self._committed(socket, moment, timed=timed)
            if found.get("commit"):
                if ear.heard_s - committed_s < _LEAST_S:
                    await _say(socket, "commit_throttled", error="too little audio since the last commit")
                    continue
                committed_s = ear.heard_s
                ended = ear.finish() or Moment(MomentKind.STOPPED, ear.heard_s, ear.heard_s)
                await self._committed(socket, ended, timed=timed)

    async def _committed(self, socket: EmulatorSocket, moment: Moment, *, timed: bool) -> None:
        self.commits += 1
        await _say(socket, "committed_transcript", text=moment.text)
        if not timed:
            return
        words: list[dict[str, Any]] = []
        for word, a, b in timed_words(moment.text, moment.begin_s, moment.at_s):
            if words:
                words.append({"text": " ", "start": a, "end": a, "type": "spacing"})
            words.append({"text": word, "start": a, "end": b, "type": "word", "logprob": -0.04})
        await _say(
            socket,
            "committed_transcript_with_timestamps",
            text=moment.text,
            language_code="en",
            words=words,
        )

    def _authorised(self, request: Request) -> bool:
        key = request.headers.get("xi-api-key") or request.one("token")
        return bool(key) and (self.keys is None or key in self.keys)


async def _say(socket: EmulatorSocket, kind: str, **more: object) -> None:
    await socket.send(json.dumps({"message_type": kind, **more}))
