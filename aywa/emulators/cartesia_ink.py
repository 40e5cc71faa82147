"""Cartesia's recognisers: /stt/websocket, finalised by hand, and /stt/turns/websocket, which judges turns.

Source: docs.cartesia.ai, cartesia 4.2.0.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from aywa.emulators.exchange import EmulatorSocket, Reply, Request
from aywa.emulators.hearing import Moment, MomentKind, Script, ScriptedEar, timed_words

_ID = "b67e1c5d-2f4c-4c3d-9f82-96eb4d2f12a8"


class CartesiaInkEmulator:
    """Hears a script. `keys`: those that are let in; None: any."""

    name = "cartesia"

    def __init__(self, script: Script | None = None, keys: Collection[str] | None = None) -> None:
        self.script = script or Script()
        self.keys = keys
        self.controls: list[str] = []

    async def http(self, request: Request, reply: Reply) -> None:
        """See `Emulator`."""
        if not self._authorised(request):
            await reply.json(401, {"title": "Unauthorized", "error_code": "unauthorized", "status_code": 401})
        elif request.path in ("/", "/voices"):
            await reply.json(200, {"ok": True, "version": "emulated"})

    async def socket(self, request: Request, socket: EmulatorSocket) -> None:
        """See `Emulator`."""
        if request.path not in ("/stt/websocket", "/stt/turns/websocket"):
            return
        if not self._authorised(request):
            await socket.reject(401, b'{"title":"Unauthorized","status_code":401}')
            return
        if not (request.headers.get("cartesia-version") or request.one("cartesia_version")):
            await socket.reject(400, b'{"title":"Missing version","status_code":400}')
            return
        await socket.accept()
        rate, encoding = request.one("sample_rate"), request.one("encoding")
        known = {"pcm_s16le": False, "pcm_mulaw": True}
        if not request.one("model") or not rate.isdigit() or encoding not in known:
            await _say(socket, {**_error("Bad request", 400), "error_code": "bad_request"})
            await socket.close(1008)
            return
        turns = request.path.startswith("/stt/turns")
        ear = ScriptedEar(
            self.script, int(rate), mulaw=known[encoding], silence_s=0.4 if turns else float("inf")
        )
        await (self._turns if turns else self._manual)(socket, ear)

    async def _manual(self, socket: EmulatorSocket, ear: ScriptedEar) -> None:
        while (message := await socket.receive()) is not None:
            if isinstance(message, bytes):
                for moment in ear.hear(message):
                    if moment.kind is MomentKind.WORDS and moment.text:
                        await _say(socket, _transcript(moment, final=False))
                continue
            self.controls.append(message)
            if message not in ("finalize", "close", "done"):
                await _say(socket, _error("Unknown command", 400))
                continue
            ended = ear.finish()
            if ended is not None and ended.text:
                await _finals(socket, ended)
            if message == "finalize":
                await _say(socket, {"type": "flush_done", "request_id": _ID})
            else:
                await _say(socket, {"type": "done", "request_id": _ID})
                await socket.close(1000)
                return

    async def _turns(self, socket: EmulatorSocket, ear: ScriptedEar) -> None:
        await _say(socket, {"type": "connected", "request_id": _ID})
        started = False
        while (message := await socket.receive()) is not None:
            moments: list[Moment] = []
            if isinstance(message, bytes):
                moments = ear.hear(message)
            else:
                self.controls.append(message)
                ended = ear.finish() if "close" in message else None
                moments = [] if ended is None else [ended]
            for moment in moments:
                if moment.text and not started:
                    started = True
                    await _say(socket, {"type": "turn.start", "request_id": _ID})
                if not started:
                    continue
                said = {"request_id": _ID, "transcript": moment.text}
                if moment.kind is MomentKind.STOPPED:
                    started = False
                    await _say(socket, {"type": "turn.eager_end", **said})
                    await _say(socket, {"type": "turn.end", **said})
                else:
                    await _say(socket, {"type": "turn.update", **said})
            if isinstance(message, str) and "close" in message:
                await socket.close(1000)
                return

    def _authorised(self, request: Request) -> bool:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        key = request.headers.get("x-api-key") or bearer or request.one("api_key")
        return bool(key) and (self.keys is None or key in self.keys)


async def _finals(socket: EmulatorSocket, moment: Moment) -> None:
    """In two parts, to be joined as they are."""
    words = timed_words(moment.text, moment.begin_s, moment.at_s)
    half = len(words) // 2
    for part, lead in ((words[:half], ""), (words[half:], " " if half else "")):
        if part:
            text = lead + " ".join(word for word, _, _ in part)
            piece = Moment(MomentKind.STOPPED, part[-1][2], part[0][1], text)
            await _say(socket, _transcript(piece, final=True))


def _transcript(moment: Moment, *, final: bool) -> dict[str, Any]:
    words = [
        {"word": word, "start": a, "end": b}
        for word, a, b in timed_words(moment.text, moment.begin_s, moment.at_s)
    ]
    said = {"type": "transcript", "request_id": _ID, "is_final": final, "text": moment.text}
    return {**said, "duration": moment.at_s - moment.begin_s, "language": "en", "words": words}


def _error(title: str, status: int) -> dict[str, Any]:
    return {"type": "error", "title": title, "message": title, "status_code": status, "request_id": _ID}


async def _say(socket: EmulatorSocket, message: dict[str, Any]) -> None:
    await socket.send(json.dumps(message))
