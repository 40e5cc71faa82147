"""Cartesia's text to speech websocket. Pure.

Checked against Cartesia's reference of API version 2026-03-01, which has the frames of 2024-11-13 too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from aywa.errors import ProviderError
from aywa.model.voices.cartesia import CartesiaVoice
from aywa.providers.speech.events import Audio, Ended, Failed, SpeechEvent, Words
from aywa.providers.speech.faults import fault_of_status, malformed, text_of, voice_error
from aywa.providers.speech.frames import read_audio, read_object, read_words
from aywa.providers.speech.pcm import AudioFormat

VERSION = "2025-04-16"
MAX_CONTEXTS = 8  # on one connection; the account's own limit answers with 429
_OUTPUT = {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 8000}


class CartesiaSocketWire:
    """Implements `SocketWire`."""

    path = "/tts/websocket"
    form = AudioFormat()
    keep_alive_s = 60.0
    single = False

    def __init__(self, plan: CartesiaVoice, key: str, provider: str) -> None:
        self.provider = provider
        self.headers = {"X-API-Key": key, "Cartesia-Version": VERSION}
        self._request = _request(plan)

    def session(self) -> CartesiaSession:
        """See `SocketWire`."""
        return CartesiaSession(self.provider, self._request)


class CartesiaSession:
    """Implements `SpeechSession`."""

    def __init__(self, provider: str, request: Mapping[str, object]) -> None:
        self._provider = provider
        self._request = request
        self._open: set[str] = set()

    def hello(self) -> list[str]:
        """Nothing: every request says all of it."""
        return []

    def room(self, now: float) -> bool:
        """See `SpeechSession`."""
        return len(self._open) < MAX_CONTEXTS

    def begin(self, context: str, text: str, now: float) -> list[str]:
        """One request with the whole phrase, and none to come."""
        self._open.add(context)
        return [json.dumps({**self._request, "context_id": context, "transcript": text})]

    def cancel(self, context: str) -> list[str]:
        """It may not stop what is being made already: what still comes of it is nobody's."""
        if context not in self._open:
            return []
        self._open.discard(context)
        return [json.dumps({"context_id": context, "cancel": True})]

    def keep_alive(self) -> list[str]:
        """The connection lives for minutes without a word."""
        return []

    def receive(self, frame: str | bytes) -> list[SpeechEvent]:
        """See `SpeechSession`."""
        said = read_object(frame, self._provider)
        kind, context = text_of(said, "type"), text_of(said, "context_id")
        if kind == "error":
            self._open.discard(context)
            return [Failed(context or None, self._error(said))]
        if context not in self._open:
            return []
        match kind:
            case "chunk":
                return [Audio(context, read_audio(said.get("data"), self._provider))]
            case "timestamps":
                return self._words(context, said.get("word_timestamps"))
            case "done":
                self._open.discard(context)
                return [Ended(context)]
        return []

    def _words(self, context: str, stamps: object) -> list[SpeechEvent]:
        if not isinstance(stamps, dict):
            raise malformed(self._provider)
        words, starts = read_words(stamps.get("words"), stamps.get("start"), self._provider)
        return [Words(context, tuple(zip(words, map(float, starts), strict=False)))]

    def _error(self, said: Mapping[str, object]) -> ProviderError:
        status = said.get("status_code")
        number = status if isinstance(status, int) and 100 <= status < 600 else 500
        return voice_error(
            self._provider, f"The voice refused ({number})", fault_of_status(number), status=number
        )


def _request(plan: CartesiaVoice) -> dict[str, object]:
    request: dict[str, object] = {
        "model_id": plan.model,
        "voice": {"mode": "id", "id": plan.voice_id},
        "output_format": _OUTPUT,
        "add_timestamps": True,
        "continue": False,
        "max_buffer_delay_ms": 0,  # the phrase is whole: there is nothing to wait for
    }
    if plan.spoken_language is not None:
        request["language"] = plan.spoken_language.partition("-")[0].lower()
    given = plan.generation_config
    config: dict[str, object] = {} if given is None else given.model_dump(exclude_none=True)
    if "speed" not in config and plan.speed != 1.0:
        config["speed"] = plan.speed
    if config:
        request["generation_config"] = config
    if plan.pronunciation_dict_id is not None:
        request["pronunciation_dict_id"] = plan.pronunciation_dict_id
    return request
