"""AssemblyAI's streaming recogniser, v3.

Source: assemblyai 1.8.2 (streaming/v3) and its close codes.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import trio

from aywa.emulators.exchange import EmulatorSocket, Reply, Request
from aywa.emulators.hearing import Moment, MomentKind, Script, ScriptedEar, timed_words

IDLE_S = 60.0


class AssemblyAiEmulator:
    """Hears a script. `keys`: those that are let in; None: any."""

    name = "assembly-ai"

    def __init__(self, script: Script | None = None, keys: Collection[str] | None = None) -> None:
        self.script = script or Script()
        self.keys = keys
        self.controls: list[str] = []

    async def http(self, request: Request, reply: Reply) -> None:
        """See `Emulator`."""
        if not self._authorised(request):
            await reply.json(401, {"error": "Unauthorized"})
        elif request.path == "/v3/token":
            await reply.json(200, {"token": "emulated", "expires_in_seconds": 60})

    async def socket(self, request: Request, socket: EmulatorSocket) -> None:
        """See `Emulator`."""
        if request.path != "/v3/ws":
            return
        if not self._authorised(request):
            await socket.reject(401, b'{"error":"Unauthorized"}')
            return
        await socket.accept()
        rate, encoding = request.one("sample_rate", "16000"), request.one("encoding", "pcm_s16le")
        if not rate.isdigit() or int(rate) <= 0 or encoding not in ("pcm_s16le", "pcm_mulaw"):
            await socket.close(4000, "Sample rate must be a positive integer")
            return
        idle = float(request.one("inactivity_timeout", "") or IDLE_S)
        silence_s = float(request.one("max_turn_silence", "") or 400) / 1000
        ear = ScriptedEar(self.script, int(rate), mulaw=encoding == "pcm_mulaw", silence_s=silence_s)
        per_ms = int(rate) * (1 if encoding == "pcm_mulaw" else 2) / 1000
        formatted = request.one("format_turns").lower() == "true"
        await _Session(self, socket, ear, formatted=formatted).serve(per_ms, idle)

    def _authorised(self, request: Request) -> bool:
        key = request.headers.get("authorization", "") or request.one("token")
        return bool(key) and (self.keys is None or key in self.keys)


class _Session:
    """One /v3/ws."""

    def __init__(
        self, emulator: AssemblyAiEmulator, socket: EmulatorSocket, ear: ScriptedEar, *, formatted: bool
    ) -> None:
        self._emulator = emulator
        self._socket = socket
        self._ear = ear
        self._formatted = formatted
        self._order = 0

    async def serve(self, per_ms: float, idle_s: float) -> None:
        """Until it is terminated, closed or idle."""
        begin = {"type": "Begin", "id": "0b3c8f1e-7c55-4b0a-9a39-5a2f6ad1f0de"}
        await self._say({**begin, "expires_at": "2027-01-01T00:00:00Z"})
        while True:
            message: str | bytes | None = None
            with trio.move_on_after(idle_s) as waiting:
                message = await self._socket.receive()
            if waiting.cancelled_caught:
                await self._socket.close(4031, "Session idle for too long")
                return
            if message is None:
                return
            if isinstance(message, str):
                if not await self._control(message):
                    return
            elif not 50 <= len(message) / per_ms <= 1000:
                error = "Audio chunk duration violation"
                await self._say({"type": "Error", "error_code": 3007, "error": error})
                await self._socket.close(3007, error)
                return
            else:
                for moment in self._ear.hear(message):
                    await self._tell(moment)

    async def _control(self, text: str) -> bool:
        try:
            kind = json.loads(text)["type"]
        except ValueError:
            await self._socket.close(4100, "Endpoint received invalid JSON")
            return False
        except (KeyError, TypeError):
            kind = ""
        self._emulator.controls.append(kind)
        match kind:
            case "ForceEndpoint":
                await self._force()
            case "Terminate":
                await self._force()
                seconds = int(self._ear.heard_s)
                done = {"audio_duration_seconds": seconds, "session_duration_seconds": seconds}
                await self._say({"type": "Termination", **done})
                await self._socket.close(1000)
                return False
            case "KeepAlive" | "UpdateConfiguration":
                pass
            case _:
                await self._socket.close(4101, "Endpoint received a message with an invalid schema")
                return False
        return True

    async def _force(self) -> None:
        moment = self._ear.finish()
        if moment is not None:
            await self._tell(moment)

    async def _tell(self, moment: Moment) -> None:
        match moment.kind:
            case MomentKind.BEGAN:
                await self._say({"type": "SpeechStarted", "timestamp": int(moment.begin_s * 1000)})
            case MomentKind.WORDS if moment.text:
                await self._turn(moment, ended=False, formatted=False)
            case MomentKind.STOPPED if moment.text:
                await self._turn(moment, ended=True, formatted=False)
                if self._formatted:
                    await self._turn(moment, ended=True, formatted=True)
                self._order += 1

    async def _turn(self, moment: Moment, *, ended: bool, formatted: bool) -> None:
        words = timed_words(moment.text, moment.begin_s, moment.at_s)
        last = len(words) - 1
        settled = [word for i, (word, _, _) in enumerate(words) if ended or i < last]
        await self._say(
            {
                "type": "Turn",
                "turn_order": self._order,
                "turn_is_formatted": formatted,
                "end_of_turn": ended,
                "transcript": " ".join(settled),
                "end_of_turn_confidence": 0.85 if ended else 0.02,
                "words": [
                    {
                        "text": word,
                        "start": int(a * 1000),
                        "end": int(b * 1000),
                        "confidence": 0.96,
                        "word_is_final": ended or i < last,
                    }
                    for i, (word, a, b) in enumerate(words)
                ],
            }
        )

    async def _say(self, message: dict[str, Any]) -> None:
        await self._socket.send(json.dumps(message))
