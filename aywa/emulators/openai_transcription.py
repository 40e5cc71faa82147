"""OpenAI's transcription sessions over /v1/realtime, and /v1/audio/transcriptions, its own and others'.

Source: developers.openai.com, openai 3.54, which the tests run against this.
"""

from __future__ import annotations

import json
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Collection
from email import message_from_bytes
from email.policy import HTTP
from typing import Any

from aywa.emulators.exchange import EmulatorSocket, Reply, Request
from aywa.emulators.hearing import MomentKind, Script, ScriptedEar

_WAV_HEAD = 44


class OpenAiTranscriptionEmulator:
    """Hears a script. `keys`: those that are let in; None: any, also none."""

    name = "openai"

    def __init__(self, script: Script | None = None, keys: Collection[str] | None = None) -> None:
        self.script = script or Script()
        self.keys = keys
        self.sessions: list[dict[str, Any]] = []  # what sessions were told to be
        self.forms: list[dict[str, bytes]] = []  # of requests for transcriptions

    async def http(self, request: Request, reply: Reply) -> None:
        """See `Emulator`."""
        if not self._authorised(request):
            await reply.json(401, {"error": {"code": "invalid_api_key", "type": "invalid_request_error"}})
        elif request.path == "/v1/models":
            await reply.json(200, {"object": "list", "data": []})
        elif request.path == "/v1/audio/transcriptions" and request.method == "POST":
            await self._transcribe(request, reply)

    async def socket(self, request: Request, socket: EmulatorSocket) -> None:
        """See `Emulator`."""
        if request.path != "/v1/realtime":
            return
        if not self._authorised(request):
            await socket.reject(401, b'{"error":{"code":"invalid_api_key"}}')
            return
        await socket.accept("realtime" if "sec-websocket-protocol" in request.headers else None)
        if request.one("intent") != "transcription":
            await _say(socket, "error", error=_wrong("model", "not a transcription session"))
            await socket.close(4000)
            return
        await _Session(self, socket).serve()

    async def _transcribe(self, request: Request, reply: Reply) -> None:
        head = f"Content-Type: {request.headers.get('content-type', '')}\r\n\r\n".encode()
        form = message_from_bytes(head + request.body, policy=HTTP)
        fields: dict[str, bytes] = {}
        for part in form.iter_parts() if form.is_multipart() else ():
            name = part.get_param("name", header="content-disposition")
            payload = part.get_payload(decode=True)
            if isinstance(name, str) and isinstance(payload, bytes):
                fields[name] = payload
        self.forms.append(fields)
        if "file" not in fields or "model" not in fields or fields["file"][:4] != b"RIFF":
            await reply.json(400, {"error": {"type": "invalid_request_error", "code": "missing_file"}})
            return
        ear = ScriptedEar(self.script, 16_000, silence_s=float("inf"))
        ear.hear(fields["file"][_WAV_HEAD:])
        moment = ear.finish()
        await reply.json(200, {"text": "" if moment is None else moment.text})

    def _authorised(self, request: Request) -> bool:
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        return self.keys is None or key in self.keys


class _Session:
    """One transcription session: commits are the client's, or the server's where it detects turns."""

    def __init__(self, emulator: OpenAiTranscriptionEmulator, socket: EmulatorSocket) -> None:
        self._emulator = emulator
        self._socket = socket
        self._ear: ScriptedEar | None = None
        self._rate = 24_000
        self._detects = True
        self._buffered = 0
        self._items = 0
        self._events = 0

    async def serve(self) -> None:
        """Until the client closes."""
        shape = {"object": "realtime.transcription_session", "type": "transcription", "id": "sess_emulated"}
        await self._tell("session.created", session=shape)
        while (message := await self._socket.receive()) is not None:
            try:
                found = json.loads(message)
                kind = found["type"]
            except (ValueError, KeyError, TypeError):
                await self._tell("error", error=_wrong("invalid_json", "not an event"))
                continue
            match kind:
                case "session.update":
                    await self._update(found.get("session") or {}, shape)
                case "input_audio_buffer.append":
                    await self._append(found)
                case "input_audio_buffer.commit":
                    await self._commit()
                case "input_audio_buffer.clear":
                    self._buffered = 0
                    await self._tell("input_audio_buffer.cleared")
                case _:
                    await self._tell("error", error=_wrong("invalid_value", "unknown event"))

    async def _update(self, session: dict[str, Any], shape: dict[str, str]) -> None:
        if session.get("type") != "transcription":
            await self._tell("error", error=_wrong("invalid_session_type", "not a transcription session"))
            return
        self._emulator.sessions.append(session)
        heard = (session.get("audio") or {}).get("input") or {}
        form = heard.get("format") or {}
        if form.get("type", "audio/pcm") == "audio/pcm" and form.get("rate", 24_000) != 24_000:
            await self._tell("error", error=_wrong("invalid_value", "only 24 kHz"))
            return
        self._rate = 8000 if form.get("type") == "audio/pcmu" else 24_000
        self._detects = "turn_detection" not in heard or heard["turn_detection"] is not None
        await self._tell("session.updated", session={**shape, **session})

    async def _append(self, found: dict[str, Any]) -> None:
        try:
            audio = b64decode(found.get("audio", ""), validate=True)
        except (NotBase64, TypeError, ValueError):
            await self._tell("error", error=_wrong("invalid_value", "audio is not base64"))
            return
        if self._ear is None:
            silence_s = 0.5 if self._detects else float("inf")
            self._ear = ScriptedEar(
                self._emulator.script, self._rate, mulaw=self._rate == 8000, silence_s=silence_s
            )
        self._buffered += len(audio)
        for moment in self._ear.hear(audio):
            at = int(moment.at_s * 1000)
            if moment.kind is MomentKind.BEGAN and self._detects:
                await self._tell("input_audio_buffer.speech_started", audio_start_ms=at, item_id=self._item())
            elif moment.kind is MomentKind.STOPPED:
                await self._tell("input_audio_buffer.speech_stopped", audio_end_ms=at, item_id=self._item())
                await self._transcribed(moment.text)

    async def _commit(self) -> None:
        least = self._rate * (1 if self._rate == 8000 else 2) // 10
        if self._buffered < least:
            await self._tell("error", error=_wrong("input_audio_buffer_commit_empty", "buffer too small"))
            return
        moment = self._ear.finish() if self._ear is not None else None
        await self._transcribed("" if moment is None else moment.text)

    async def _transcribed(self, text: str) -> None:
        item = self._item()
        self._items += 1
        self._buffered = 0
        event = "conversation.item.input_audio_transcription"
        await self._tell("input_audio_buffer.committed", item_id=item, previous_item_id=None)
        words = text.split()
        for index, word in enumerate(words):
            await self._tell(
                f"{event}.delta",
                item_id=item,
                content_index=0,
                delta=f" {word}" if index else word,
                logprobs=_logs(word),
            )
        usage = {"type": "duration", "seconds": 1.0}
        await self._tell(
            f"{event}.completed",
            item_id=item,
            content_index=0,
            transcript=text,
            usage=usage,
            logprobs=[log for word in words for log in _logs(word)],
        )

    def _item(self) -> str:
        return f"item_{self._items:04d}"

    async def _tell(self, kind: str, **more: object) -> None:
        self._events += 1
        await _say(self._socket, kind, event_id=f"event_{self._events:04d}", **more)


def _logs(word: str) -> list[dict[str, Any]]:
    return [{"token": word, "logprob": -0.05, "bytes": list(word.encode())}]


def _wrong(code: str, message: str) -> dict[str, Any]:
    return {"type": "invalid_request_error", "code": code, "message": message, "param": None}


async def _say(socket: EmulatorSocket, kind: str, **more: object) -> None:
    await socket.send(json.dumps({"type": kind, **more}))
