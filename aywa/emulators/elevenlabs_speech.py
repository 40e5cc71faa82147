"""ElevenLabs' text to speech: the stream request and both websockets."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import trio

from aywa.emulators.exchange import EmulatorSocket, Reply, Request
from aywa.emulators.speaking import Frame, VoiceRecord, VoiceSettings, paced, speak, wait_for
from aywa.emulators.tones import ulaw

MAX_CONTEXTS = 5
USUAL_INACTIVITY_S, MAX_INACTIVITY_S = 20, 180
_POLICY = 1008
_RATES = (8000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)


@dataclass(slots=True)
class _Context:
    """One context of a websocket."""

    text: str = ""
    flushed: int = 0  # characters of it that are spoken or being spoken
    closing: bool = False
    work: trio.MemorySendChannel[str] | None = None
    settings: Mapping[str, object] = field(default_factory=dict)


class ElevenLabsSpeech:
    """Implements `Emulator`. Texts are spoken as tones; alignment has every character at its place."""

    name = "elevenlabs"

    def __init__(self, settings: VoiceSettings | None = None) -> None:
        self.settings = settings or VoiceSettings()
        self.record = VoiceRecord()
        self.given: list[Mapping[str, object]] = []  # first messages of contexts, and bodies of requests

    async def http(self, request: Request, reply: Reply) -> None:
        """`POST /v1/text-to-speech/{voice}/stream`, and the whole without `/stream`."""
        parts = request.path.strip("/").split("/")
        if parts[:2] != ["v1", "text-to-speech"] or len(parts) < 3 or request.method != "POST":
            return
        if not self.settings.lets_in(request.headers.get("xi-api-key", "")):
            await reply.json(401, {"detail": {"status": "invalid_api_key", "message": "Invalid API key"}})
            return
        rate, law = _form(request.one("output_format", "pcm_24000"))
        if not self.settings.has(parts[2]):
            await reply.json(404, {"detail": {"status": "voice_not_found", "message": "No such voice"}})
            return
        body = request.json()
        text = body.get("text")
        if rate == 0 or not isinstance(text, str) or not text:
            await reply.json(422, {"detail": [{"type": "missing", "loc": ["body", "text"]}]})
            return
        self.given.append(body)
        self.record.texts.append(text)
        if not await reply.begin(200, {"Content-Type": "audio/pcm", "Transfer-Encoding": "chunked"}):
            return
        for frame in await paced(speak(text, rate), rate, self.settings):
            await wait_for(frame, rate, self.settings)
            await reply.send(ulaw(frame.pcm) if law else frame.pcm)
        await reply.end()

    async def socket(self, request: Request, socket: EmulatorSocket) -> None:
        """`/v1/text-to-speech/{voice}/stream-input` and `…/multi-stream-input`."""
        parts = request.path.strip("/").split("/")
        if len(parts) != 4 or parts[3] not in ("stream-input", "multi-stream-input"):
            await socket.reject(404)
            return
        rate, law = _form(request.one("output_format", "pcm_24000"))
        await socket.accept()
        self.record.connections += 1
        session = _Session(self, socket, rate, law=law, multi=parts[3] == "multi-stream-input")
        session.key = request.headers.get("xi-api-key", "")
        if rate == 0:
            await session.refuse("invalid_output_format", "The output format is not known")
        elif session.key and not self.settings.lets_in(session.key):
            await session.refuse("invalid_api_key", "Invalid API key")
        elif not self.settings.has(parts[2]):
            await session.refuse("voice_id_does_not_exist", "A voice with this ID does not exist")
        else:
            wished = int(request.one("inactivity_timeout", str(USUAL_INACTIVITY_S)) or 0)
            await session.run(min(max(wished, 1), MAX_INACTIVITY_S))


class _Session:
    """One websocket."""

    def __init__(
        self, emulator: ElevenLabsSpeech, socket: EmulatorSocket, rate: int, *, law: bool, multi: bool
    ) -> None:
        self.key = ""
        self._emulator = emulator
        self._socket = socket
        self._rate = rate
        self._law = law
        self._multi = multi
        self._contexts: dict[str, _Context] = {}

    async def run(self, inactivity_s: float) -> None:
        """Until either side closes."""
        async with trio.open_nursery() as nursery:
            try:
                while True:
                    message: str | bytes | None = None
                    with trio.move_on_after(inactivity_s) as bound:
                        message = await self._socket.receive()
                    if bound.cancelled_caught:
                        await self.refuse(
                            "input_timeout_exceeded",
                            f"No new text input within the timeout of {inactivity_s:g} seconds",
                        )
                        break
                    if message is None or not await self._take(_object(message), nursery):
                        break
            except trio.BrokenResourceError:
                pass
            nursery.cancel_scope.cancel()

    async def refuse(self, code: str, message: str) -> None:
        """Say why, and close."""
        await self._socket.send(json.dumps({"message": message, "error": code, "code": _POLICY}))
        await self._socket.close(_POLICY, message[:100])

    async def _take(self, said: Mapping[str, object] | None, nursery: trio.Nursery) -> bool:
        """One message; False: it was the last."""
        if said is None:
            await self.refuse("invalid_message", "A message is not valid JSON")
            return False
        if said.get("close_socket") is True:
            await self._socket.close(1000)
            return False
        name = str(said.get("context_id") or said.get("contextId") or "default") if self._multi else ""
        context = self._contexts.get(name)
        if context is None:
            if said.get("text") == "" or said.get("close_context") is True:
                return True
            context = await self._begin(name, said, nursery)
            if context is None:
                return False
        if context.closing:
            return True
        if said.get("close_context") is True:
            self._close(context)
            return True
        text = said.get("text")
        if text == "" and not self._multi:
            self._speak(context)
            self._close(context)
        elif isinstance(text, str):
            context.text += text
        if said.get("flush") is True or said.get("try_trigger_generation") is True:
            self._speak(context)
        return True

    async def _begin(self, name: str, said: Mapping[str, object], nursery: trio.Nursery) -> _Context | None:
        key = self.key or said.get("xi_api_key") or said.get("xi-api-key")
        if not isinstance(key, str) or not self._emulator.settings.lets_in(key):
            await self.refuse("invalid_api_key", "Invalid API key")
            return None
        if len(self._contexts) >= MAX_CONTEXTS:
            await self.refuse(
                "max_active_conversations",
                f"Maximum simultaneous contexts per WebSocket connection exceeded ({MAX_CONTEXTS}).",
            )
            return None
        work, texts = trio.open_memory_channel[str](1000)
        context = _Context(work=work, settings=said)
        self._contexts[name] = context
        record = self._emulator.record
        record.most_at_once = max(record.most_at_once, len(self._contexts))
        self._emulator.given.append(said)
        nursery.start_soon(self._context, name, texts)
        return context

    def _speak(self, context: _Context) -> None:
        """Have what was written so far spoken."""
        text = context.text[context.flushed :]
        if text.strip() and context.work is not None:
            context.flushed = len(context.text)
            context.work.send_nowait(text)

    def _close(self, context: _Context) -> None:
        context.closing = True
        if context.work is not None:
            context.work.close()

    async def _context(self, name: str, texts: trio.MemoryReceiveChannel[str]) -> None:
        try:
            async for text in texts:
                self._emulator.record.texts.append(text.strip())
                for frame in await paced(speak(text, self._rate), self._rate, self._emulator.settings):
                    await wait_for(frame, self._rate, self._emulator.settings)
                    await self._say(name, self._audio(frame, text))
            del self._contexts[name]
            await self._say(name, {"isFinal": True} if self._multi else {"audio": None, "isFinal": True})
            if not self._multi:
                await self._socket.close(1000)
        except trio.BrokenResourceError:
            return

    async def _say(self, name: str, said: Mapping[str, object]) -> None:
        await self._socket.send(json.dumps({**said, "contextId": name} if self._multi else said))

    def _audio(self, frame: Frame, text: str) -> dict[str, object]:
        characters: list[str] = []
        starts: list[int] = []
        lengths: list[int] = []
        for word in frame.words:
            begins = 1000 * (word.start - frame.start) / self._rate
            step = 1000 * word.samples / self._rate / (len(word.word) + 1)
            for number, character in enumerate(f"{word.word} "):
                characters.append(character)
                starts.append(round(begins + number * step))
                lengths.append(round(step))
        alignment = {"chars": characters, "charStartTimesMs": starts, "charDurationsMs": lengths}
        data = ulaw(frame.pcm) if self._law else frame.pcm
        said: dict[str, object] = {"audio": base64.b64encode(data).decode()}
        said["alignment"] = alignment if characters else None
        said["normalizedAlignment"] = alignment if characters else None
        return said


def _form(output_format: str) -> tuple[int, bool]:
    """Rate and whether it is mu-law; 0 for what is not known. MP3 is not made."""
    kind, _, rate = output_format.partition("_")
    if kind == "ulaw" and rate == "8000":
        return 8000, True
    if kind == "pcm" and rate.isdecimal() and int(rate) in _RATES:
        return int(rate), False
    return 0, False


def _object(message: str | bytes) -> Mapping[str, object] | None:
    try:
        said = json.loads(message)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None
