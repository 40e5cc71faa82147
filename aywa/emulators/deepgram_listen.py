"""Deepgram's recognisers: /v1/listen (Nova) and /v2/listen (Flux).

Source: developers.deepgram.com, deepgram-sdk 7.17, which the tests run against this.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import trio

from aywa.emulators.exchange import EmulatorSocket, Reply, Request
from aywa.emulators.hearing import Moment, MomentKind, Script, ScriptedEar, timed_words

NET_0001_S = 10.0  # without audio or KeepAlive
_ENCODINGS = {"linear16": False, "mulaw": True}
_REQUEST_ID = "6f1d9c52-94a3-4f8a-9f6e-0d2f3c1b7a55"
_EMPTY_S = 3.0  # how often silence is answered


def authorised(request: Request, keys: Collection[str] | None) -> bool:
    """Whether the key is one of these (None: any), as `Token`, `Bearer` or second subprotocol."""
    kind, _, key = request.headers.get("authorization", "").partition(" ")
    if kind.lower() not in ("token", "bearer"):
        offered = [name.strip() for name in request.headers.get("sec-websocket-protocol", "").split(",")]
        key = offered[1] if len(offered) == 2 and offered[0] in ("token", "bearer") else ""
    return bool(key) and (keys is None or key in keys)


class DeepgramListenEmulator:
    """Hears a script. `keys`: those that are let in; None: any."""

    name = "deepgram"

    def __init__(self, script: Script | None = None, keys: Collection[str] | None = None) -> None:
        self.script = script or Script()
        self.keys = keys
        self.controls: list[str] = []  # types of the text messages that came

    async def http(self, request: Request, reply: Reply) -> None:
        """See `Emulator`."""
        if not authorised(request, self.keys):
            await reply.json(401, {"err_code": "INVALID_AUTH", "err_msg": "Invalid credentials."})
        elif request.path in ("/v1/projects", "/v1/auth/token"):
            await reply.json(200, {"projects": []})

    async def socket(self, request: Request, socket: EmulatorSocket) -> None:
        """See `Emulator`."""
        if request.path not in ("/v1/listen", "/v2/listen"):
            return
        if not authorised(request, self.keys):
            await socket.reject(401, b'{"err_code":"INVALID_AUTH","err_msg":"Invalid credentials."}')
            return
        encoding, rate = request.one("encoding", "linear16"), request.one("sample_rate", "16000")
        if encoding not in _ENCODINGS or not rate.isdigit() or not request.one("model"):
            await socket.reject(400, b'{"err_code":"Bad Request","err_msg":"query"}')
            return
        offered = request.headers.get("sec-websocket-protocol", "").split(",")[0].strip()
        await socket.accept(offered or None, {"dg-request-id": _REQUEST_ID})
        silence_s = max(int(request.one("endpointing", "300") or 300), 300) / 1000
        ear = ScriptedEar(self.script, int(rate), mulaw=_ENCODINGS[encoding], silence_s=silence_s)
        if request.path == "/v1/listen":
            await _Nova(self, socket, ear, interim=request.one("interim_results") == "true").serve()
        else:
            await _Flux(self, socket, ear, request).serve()


class _Nova:
    """One /v1/listen."""

    def __init__(
        self, emulator: DeepgramListenEmulator, socket: EmulatorSocket, ear: ScriptedEar, *, interim: bool
    ) -> None:
        self._emulator = emulator
        self._socket = socket
        self._ear = ear
        self._interim = interim
        self._final_s = 0.0

    async def serve(self) -> None:
        """Until the client closes or falls silent."""
        while True:
            message: str | bytes | None = None
            with trio.move_on_after(NET_0001_S) as waiting:
                message = await self._socket.receive()
            if waiting.cancelled_caught:
                await self._socket.close(1011, "NET-0001")
                return
            if message is None:
                return
            if isinstance(message, str):
                if not await self._control(message):
                    return
            elif message:
                for moment in self._ear.hear(message):
                    await self._tell(moment)
                await self._silence()

    async def _control(self, text: str) -> bool:
        try:
            kind = json.loads(text)["type"]
        except (ValueError, KeyError, TypeError):
            kind = ""
        self._emulator.controls.append(kind)
        match kind:
            case "Finalize":
                await self._finalize()
            case "CloseStream":
                moment = self._ear.finish()
                if moment is not None:
                    await self._results(moment, final=True, speech_final=True)
                await self._say({**_METADATA, "duration": self._ear.heard_s, "channels": 1})
                await self._socket.close(1000)
                return False
            case "KeepAlive":
                pass
            case _:
                await self._say({"type": "Error", "variant": "SchemaError", "description": "unknown message"})
        return True

    async def _finalize(self) -> None:
        moment = self._ear.finish() or Moment(
            MomentKind.STOPPED, self._ear.heard_s, min(self._final_s, self._ear.heard_s)
        )
        await self._results(moment, final=True, speech_final=True, asked=True)

    async def _tell(self, moment: Moment) -> None:
        match moment.kind:
            case MomentKind.BEGAN:
                await self._say({"type": "SpeechStarted", "channel": [0, 1], "timestamp": moment.begin_s})
            case MomentKind.WORDS if self._interim:
                await self._results(moment)
            case MomentKind.STOPPED:
                await self._results(moment, final=True, speech_final=True)
                if moment.text:
                    end = {"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": moment.at_s}
                    await self._say(end)

    async def _silence(self) -> None:
        if not self._ear.speaking and self._ear.heard_s - self._final_s >= _EMPTY_S:
            moment = Moment(MomentKind.WORDS, self._ear.heard_s, self._final_s)
            await self._results(moment, final=True)

    async def _results(
        self, moment: Moment, *, final: bool = False, speech_final: bool = False, asked: bool = False
    ) -> None:
        start = min(self._final_s, moment.begin_s)
        if final:
            self._final_s = max(self._ear.heard_s, start)
        words = [
            {"word": word.lower(), "start": a, "end": b, "confidence": 0.97, "punctuated_word": word}
            for word, a, b in timed_words(moment.text, moment.begin_s, moment.at_s)
        ]
        await self._say(
            {
                "type": "Results",
                "channel_index": [0, 1],
                "start": start,
                "duration": self._ear.heard_s - start,
                "is_final": final,
                "speech_final": speech_final,
                "from_finalize": asked,
                "channel": {
                    "alternatives": [
                        {"transcript": moment.text, "confidence": 0.97 if words else 0.0, "words": words}
                    ]
                },
                "metadata": _MODEL,
            }
        )

    async def _say(self, message: dict[str, Any]) -> None:
        await self._socket.send(json.dumps(message))


class _Flux:
    """One /v2/listen. Its invariants: an eager end has words; what resumes was eager before; the transcript
    of an end is that of the eager end before it; turns are counted up at their ends.
    """

    def __init__(
        self, emulator: DeepgramListenEmulator, socket: EmulatorSocket, ear: ScriptedEar, request: Request
    ) -> None:
        self._emulator = emulator
        self._socket = socket
        self._ear = ear
        self._eager = float(request.one("eager_eot_threshold", "0") or 0)
        self._sequence = 0
        self._turn = 0
        self._updated_s = 0.0

    async def serve(self) -> None:
        """Until the client closes."""
        await self._say({"type": "Connected"})
        while (message := await self._socket.receive()) is not None:
            if isinstance(message, str):
                if not await self._control(message):
                    return
                continue
            for moment in self._ear.hear(message):
                await self._tell(moment)
            if self._ear.heard_s - self._updated_s >= 0.25:
                await self._info("Update", self._ear.words(), self._ear.begin_s, self._ear.heard_s, 0.1)

    async def _control(self, text: str) -> bool:
        try:
            found = json.loads(text)
            kind = found["type"]
        except (ValueError, KeyError, TypeError):
            found, kind = {}, ""
        self._emulator.controls.append(kind)
        match kind:
            case "CloseStream":
                await self._end("manual")
                await self._socket.close(1000)
                return False
            case "ForceEndTurn":
                await self._end("manual")
            case "Configure":
                thresholds = {"eot_threshold": 0.7, **(found.get("thresholds") or {})}
                answer = {"type": "ConfigureSuccess", "thresholds": thresholds}
                await self._say({**answer, "keyterms": found.get("keyterms") or []})
            case _:
                await self._say(
                    {"type": "Error", "code": "INVALID_MESSAGE", "description": "unknown message"}
                )
                await self._socket.close(1008)
                return False
        return True

    async def _tell(self, moment: Moment) -> None:
        match moment.kind:
            case MomentKind.BEGAN:
                await self._info("StartOfTurn", self._ear.words(), moment.begin_s, moment.at_s, 0.05)
            case MomentKind.STOPPED:
                await self._finished(moment, "model")
            case MomentKind.WORDS:
                pass  # an update is due every 0.25 s of audio

    async def _end(self, trigger: str) -> None:
        moment = self._ear.finish()
        if moment is not None:
            await self._finished(moment, trigger)

    async def _finished(self, moment: Moment, trigger: str) -> None:
        if self._eager and moment.text:
            await self._info("EagerEndOfTurn", moment.text, moment.begin_s, moment.at_s, self._eager)
        await self._info("EndOfTurn", moment.text, moment.begin_s, moment.at_s, 0.92, trigger)
        self._turn += 1

    async def _info(
        self,
        event: str,
        text: str,
        begin_s: float,
        end_s: float,
        confidence: float,
        trigger: str | None = None,
    ) -> None:
        self._updated_s = self._ear.heard_s
        info: dict[str, Any] = {
            "type": "TurnInfo",
            "event": event,
            "turn_index": self._turn,
            "audio_window_start": begin_s,
            "audio_window_end": max(end_s, begin_s),
            "transcript": text,
            "words": [
                {"word": word, "confidence": 0.95, "start": a, "end": b}
                for word, a, b in timed_words(text, begin_s, end_s)
            ],
            "end_of_turn_confidence": confidence,
        }
        await self._say(info if trigger is None else {**info, "trigger": trigger})

    async def _say(self, message: dict[str, Any]) -> None:
        numbered = {"request_id": _REQUEST_ID, "sequence_id": self._sequence, **message}
        self._sequence += 1
        await self._socket.send(json.dumps(numbered))


_MODEL = {
    "request_id": _REQUEST_ID,
    "model_info": {"name": "general-nova-3", "version": "2025-04-17.21547", "arch": "nova-3"},
    "model_uuid": "40bd3654-e622-47c4-a111-63a61b23bfe8",
}
_METADATA = {
    "type": "Metadata",
    "transaction_key": "deprecated",
    "request_id": _REQUEST_ID,
    "sha256": "0" * 64,
    "created": "2026-01-01T00:00:00.000Z",
}
