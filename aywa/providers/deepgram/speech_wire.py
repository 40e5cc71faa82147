"""Deepgram's text to speech: its websocket and its request. Pure.

Checked against the `deepgram-sdk` package 7.17 (speak v1) and Deepgram's reference of the websocket.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from urllib.parse import urlencode

from aywa.errors import ProviderFault
from aywa.model.voices.deepgram import DeepgramVoice
from aywa.providers.speech.events import Audio, Ended, Failed, SpeechEvent
from aywa.providers.speech.faults import refuse_text, text_of, voice_error
from aywa.providers.speech.frames import read_object
from aywa.providers.speech.pcm import AudioFormat, PcmEdge, SpeechEdge
from aywa.providers.speech.wires import SpeechRequest

MAX_FLUSHES = 20  # of one connection within the window: more are refused with a warning
FLUSH_WINDOW_S = 60.0
MAX_CHARACTERS = 2000  # of one message
_FLUSH, _CLEAR = json.dumps({"type": "Flush"}), json.dumps({"type": "Clear"})


def query(plan: DeepgramVoice) -> dict[str, str]:
    """What both wires are asked for."""
    asked = {"model": plan.whole_model, "encoding": "linear16", "sample_rate": "8000"}
    if plan.speed != 1.0:
        asked["speed"] = f"{plan.speed:g}"
    if plan.mip_opt_out:
        asked["mip_opt_out"] = "true"
    return asked


class DeepgramSocketWire:
    """Implements `SocketWire`."""

    form = AudioFormat()
    keep_alive_s = 60.0
    single = False

    def __init__(self, plan: DeepgramVoice, key: str, provider: str) -> None:
        self.provider = provider
        self.path = f"/v1/speak?{urlencode(query(plan))}"
        self.headers = {"Authorization": f"Token {key}"}

    def session(self) -> DeepgramSession:
        """See `SocketWire`."""
        return DeepgramSession(self.provider)


class DeepgramSession:
    """Implements `SpeechSession`. The wire has no names: its audio is of the phrase that was begun last.

    So one phrase is made at a time, and behind a Clear there is no room until Cleared has come.
    """

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._context = ""
        self._clearing = False
        self._flushes: deque[float] = deque()

    def hello(self) -> list[str]:
        """Nothing: the query said it."""
        return []

    def room(self, now: float) -> bool:
        """See `SpeechSession`."""
        while self._flushes and now - self._flushes[0] >= FLUSH_WINDOW_S:
            self._flushes.popleft()
        return not self._context and not self._clearing and len(self._flushes) < MAX_FLUSHES

    def begin(self, context: str, text: str, now: float) -> list[str]:
        """The phrase and a Flush, whose answer is its end."""
        self._context = context
        self._flushes.append(now)
        parts = [text[at : at + MAX_CHARACTERS] for at in range(0, len(text), MAX_CHARACTERS)]
        return [*(json.dumps({"type": "Speak", "text": part}) for part in parts), _FLUSH]

    def cancel(self, context: str) -> list[str]:
        """See `SpeechSession`."""
        if context != self._context:
            return []
        self._context, self._clearing = "", True
        return [_CLEAR]

    def keep_alive(self) -> list[str]:
        """There is no such message."""
        return []

    def receive(self, frame: str | bytes) -> list[SpeechEvent]:
        """See `SpeechSession`."""
        if isinstance(frame, bytes):
            return [Audio(self._context, frame)] if self._context else []
        said = read_object(frame, self._provider)
        match text_of(said, "type"):
            case "Flushed" if self._context:
                context, self._context = self._context, ""
                return [Ended(context)]
            case "Cleared":
                self._clearing = False
            case "Error":
                error = voice_error(self._provider, "The voice refused", ProviderFault.BAD_REQUEST)
                return [Failed(None, error)]
        return []


class DeepgramHttpWire:
    """Implements `HttpWire`."""

    def __init__(self, plan: DeepgramVoice, key: str, provider: str) -> None:
        self.provider = provider
        self._path = f"/v1/speak?{urlencode({**query(plan), 'container': 'none'})}"
        self._headers = {"Authorization": f"Token {key}", "Content-Type": "application/json"}

    def request(self, text: str) -> SpeechRequest:
        """See `HttpWire`."""
        return SpeechRequest(self._path, json.dumps({"text": text}).encode(), self._headers)

    def edge(self, headers: Mapping[str, str]) -> SpeechEdge:
        """See `HttpWire`."""
        refuse_text(headers, self.provider)
        return PcmEdge()
