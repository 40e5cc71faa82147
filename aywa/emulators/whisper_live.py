"""A WhisperLive server: options first, then float32 audio; segments that grow until they are completed.

Source: github.com/collabora/WhisperLive (whisper_live/server.py, client.py).
"""

from __future__ import annotations

import json
from array import array
from typing import Any

from aywa.emulators.exchange import EmulatorSocket, Reply, Request
from aywa.emulators.hearing import Moment, MomentKind, Script, ScriptedEar

_LAST = 10  # segments of a frame


class WhisperLiveEmulator:
    """Hears a script. `full`: there is no room for another client."""

    name = "whisper"

    def __init__(self, script: Script | None = None, *, full: bool = False) -> None:
        self.script = script or Script()
        self.full = full
        self.options: list[dict[str, Any]] = []

    async def http(self, request: Request, reply: Reply) -> None:
        """See `Emulator`."""

    async def socket(self, request: Request, socket: EmulatorSocket) -> None:
        """See `Emulator`."""
        await socket.accept()
        first = await socket.receive()
        try:
            options: dict[str, Any] = json.loads(first or "")
            uid = str(options["uid"])
        except (ValueError, KeyError, TypeError):
            return
        self.options.append(options)
        if self.full:
            await _say(socket, uid, status="WAIT", message=2.5)
            return
        await _say(socket, uid, message="SERVER_READY", backend="faster_whisper")
        ear = ScriptedEar(self.script, 16_000, silence_s=0.4)
        done: list[dict[str, Any]] = []
        told = False
        while (message := await socket.receive()) is not None:
            if message == b"END_OF_AUDIO":
                return
            if isinstance(message, str) or len(message) % 4:
                continue
            floats = array("f", message)
            for moment in ear.hear(array("h", (int(x * 32_767) for x in floats)).tobytes()):
                if not told and options.get("language") is None:
                    told = True
                    await _say(socket, uid, language="en", language_prob=0.98)
                if not moment.text:
                    continue
                current = _segment(moment)
                if moment.kind is MomentKind.STOPPED:
                    done.append({**current, "completed": True})
                    await _say(socket, uid, segments=done[-_LAST:])
                else:
                    await _say(socket, uid, segments=[*done[-_LAST:], current])


def _segment(moment: Moment) -> dict[str, Any]:
    times = {"start": f"{moment.begin_s:.3f}", "end": f"{moment.at_s:.3f}"}
    return {**times, "text": f" {moment.text}", "completed": False}


async def _say(socket: EmulatorSocket, uid: str, **more: object) -> None:
    await socket.send(json.dumps({"uid": uid, **more}))
