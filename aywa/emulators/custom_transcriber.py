"""A recogniser of an operator's own, as the contract's `custom-transcriber` has it."""

from __future__ import annotations

import json
from array import array

from aywa.emulators.exchange import EmulatorSocket, Reply, Request
from aywa.emulators.hearing import MomentKind, Script, ScriptedEar

_START = {"type": "start", "encoding": "linear16", "container": "raw", "sampleRate": 16_000, "channels": 2}


class CustomTranscriberEmulator:
    """Hears a script on the first channel; every path is its own."""

    name = "custom-transcriber"

    def __init__(self, script: Script | None = None) -> None:
        self.script = script or Script()
        self.starts: list[object] = []
        self.assistant = bytearray()  # the second channel

    async def http(self, request: Request, reply: Reply) -> None:
        """See `Emulator`."""

    async def socket(self, request: Request, socket: EmulatorSocket) -> None:
        """See `Emulator`."""
        await socket.accept()
        first = await socket.receive()
        try:
            start = json.loads(first) if isinstance(first, str) else None
        except ValueError:
            start = None
        self.starts.append(start)
        if start != _START:
            await socket.close(1008, "start")
            return
        ear = ScriptedEar(self.script, 16_000, silence_s=0.4)
        while (message := await socket.receive()) is not None:
            if isinstance(message, str):
                continue
            if len(message) % 4:
                await socket.close(1007, "frames of two channels")
                return
            both = array("h", message)
            self.assistant += both[1::2].tobytes()
            for moment in ear.hear(both[::2].tobytes()):
                if moment.kind is MomentKind.WORDS and moment.text:
                    await self._say(socket, moment.text, "partial")
                elif moment.kind is MomentKind.STOPPED and moment.text:
                    await self._say(socket, moment.text, "final")

    @staticmethod
    async def _say(socket: EmulatorSocket, text: str, kind: str) -> None:
        said = {"type": "transcriber-response", "transcription": text, "channel": "customer"}
        await socket.send(json.dumps({**said, "transcriptType": kind}))
