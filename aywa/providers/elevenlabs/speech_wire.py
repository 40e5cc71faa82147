"""ElevenLabs' text to speech: what is said on its websockets and in its requests. Pure.

Checked against the `elevenlabs` package 2.78 (types of both websockets, realtime client, stream request).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import quote, urlencode

from aywa.errors import ProviderError, ProviderFault
from aywa.model.voices.elevenlabs import ElevenLabsVoice
from aywa.providers.speech.events import Audio, Ended, Failed, SpeechEvent, Words
from aywa.providers.speech.faults import malformed, refuse_text, text_of, voice_error
from aywa.providers.speech.frames import read_audio, read_object, read_words
from aywa.providers.speech.pcm import AudioFormat, PcmEdge, SpeechEdge
from aywa.providers.speech.wires import SpeechRequest
from aywa.providers.speech.words import CharacterWords

MAX_CONTEXTS = 5  # of one websocket; those that were closed count until they have ended
INACTIVITY_S = 180  # the longest that can be asked for
OUTPUT = "pcm_8000"
_BYTES_PER_S = 16_000
_FAULTS = {
    "invalid_api_key": ProviderFault.UNAUTHORISED,
    "missing_permissions": ProviderFault.UNAUTHORISED,
    "unauthorized": ProviderFault.UNAUTHORISED,
    "quota_exceeded": ProviderFault.FUNDS,
    "payment_required": ProviderFault.FUNDS,
    "max_active_conversations": ProviderFault.RATE_LIMITED,
    "concurrent_limit_exceeded": ProviderFault.RATE_LIMITED,
    "too_many_concurrent_requests": ProviderFault.RATE_LIMITED,
    "rate_limit_exceeded": ProviderFault.RATE_LIMITED,
    "system_busy": ProviderFault.UNAVAILABLE,
    "internal_error": ProviderFault.UNAVAILABLE,
    "internal_server_error": ProviderFault.UNAVAILABLE,
    "input_timeout_exceeded": ProviderFault.CLOSED,
}


def headers(key: str) -> dict[str, str]:
    """How one says who one is."""
    return {"xi-api-key": key}


def voice_settings(plan: ElevenLabsVoice) -> dict[str, object]:
    """What was chosen; what was not is the voice's own."""
    settings: dict[str, object] = {
        "stability": plan.stability,
        "similarity_boost": plan.similarity_boost,
        "style": plan.style,
        "use_speaker_boost": plan.use_speaker_boost,
        "speed": plan.speed if plan.speed != 1.0 else None,
    }
    return {name: value for name, value in settings.items() if value is not None}


def socket_path(plan: ElevenLabsVoice) -> str:
    """Of either websocket, with its query."""
    query: dict[str, str] = {
        "model_id": plan.model,
        "output_format": OUTPUT,
        "inactivity_timeout": str(INACTIVITY_S),
        "sync_alignment": "true",
        "auto_mode": str(plan.auto_mode).lower(),
    }
    query |= _asked(plan)
    if plan.enable_ssml_parsing:
        query["enable_ssml_parsing"] = "true"
    end = "multi-stream-input" if plan.transport == "multi" else "stream-input"
    return f"/v1/text-to-speech/{quote(plan.voice_id, safe='')}/{end}?{urlencode(query)}"


def _asked(plan: ElevenLabsVoice) -> dict[str, str]:
    asked: dict[str, str] = {}
    if plan.spoken_language is not None:
        asked["language_code"] = plan.spoken_language.partition("-")[0].lower()
    if plan.optimize_streaming_latency is not None:
        asked["optimize_streaming_latency"] = str(plan.optimize_streaming_latency)
    return asked


class ElevenLabsSocketWire:
    """Implements `SocketWire` for both websockets."""

    form = AudioFormat()
    keep_alive_s = 15.0

    def __init__(self, plan: ElevenLabsVoice, key: str, provider: str) -> None:
        self.provider = provider
        self.path = socket_path(plan)
        self.headers = headers(key)
        self.single = plan.transport == "single"
        self._first: dict[str, object] = {"text": " "}
        if settings := voice_settings(plan):
            self._first["voice_settings"] = settings
        if plan.pronunciation_dictionary_locators:
            self._first["pronunciation_dictionary_locators"] = _locators(plan)

    def session(self) -> ElevenLabsSession:
        """See `SocketWire`."""
        return ElevenLabsSession(self.provider, self._first, single=self.single)


class ElevenLabsSession:
    """Implements `SpeechSession`. With one context its messages name none."""

    def __init__(self, provider: str, first: Mapping[str, object], *, single: bool) -> None:
        self._provider = provider
        self._first = first
        self._single = single
        self._open: dict[str, _Context] = {}

    def hello(self) -> list[str]:
        """The voice's settings go first, where there is one context."""
        return [json.dumps(self._first)] if self._single else []

    def room(self, now: float) -> bool:
        """See `SpeechSession`."""
        return len(self._open) < (1 if self._single else MAX_CONTEXTS)

    def begin(self, context: str, text: str, now: float) -> list[str]:
        """The whole phrase, and its end: what was flushed is finished before the context closes."""
        self._open[context] = _Context(text)
        if self._single:
            return [json.dumps({"text": f"{text} ", "flush": True}), json.dumps({"text": ""})]
        name = {"context_id": context}
        return [
            json.dumps({**self._first, **name}),
            json.dumps({"text": f"{text} ", **name, "flush": True}),
            json.dumps({**name, "close_context": True}),
        ]

    def cancel(self, context: str) -> list[str]:
        """Its context is closed already; what still comes of it is nobody's."""
        return []

    def keep_alive(self) -> list[str]:
        """Contexts are kept alive, and none is open without text: the socket's own timeout is 180 s."""
        return []

    def receive(self, frame: str | bytes) -> list[SpeechEvent]:
        """See `SpeechSession`."""
        said = read_object(frame, self._provider)
        if isinstance(said.get("error"), str) or ("code" in said and "message" in said):
            return [Failed(None, self._error(said))]
        name = text_of(said, "contextId") or text_of(said, "context_id")
        if self._single:
            name = next(iter(self._open), "")
        context = self._open.get(name)
        if context is None:
            return []
        events: list[SpeechEvent] = []
        if words := context.words(said.get("alignment"), self._provider):
            events.append(Words(name, tuple(words)))
        if audio := said.get("audio"):
            data = read_audio(audio, self._provider)
            context.bytes += len(data)
            events.append(Audio(name, data))
        if said.get("isFinal") is True or said.get("is_final") is True:
            del self._open[name]
            if last := context.characters.finish():
                events.append(Words(name, tuple(last)))
            events.append(Ended(name))
        return events

    def _error(self, said: Mapping[str, object]) -> ProviderError:
        code = text_of(said, "error")
        known = code if code in _FAULTS else "unknown"
        close = said.get("code")
        return voice_error(
            self._provider,
            f"The voice refused ({known})",
            _FAULTS.get(code, ProviderFault.BAD_REQUEST),
            close_code=close if isinstance(close, int) else None,
        )


class _Context:
    """What has come of one phrase."""

    __slots__ = ("bytes", "characters")

    def __init__(self, text: str) -> None:
        self.bytes = 0
        self.characters = CharacterWords(text)

    def words(self, alignment: object, provider: str) -> list[tuple[str, float]]:
        """Times of a piece are counted from its own start."""
        if alignment is None:
            return []
        if not isinstance(alignment, dict):
            raise malformed(provider)
        characters, starts = read_words(alignment.get("chars"), alignment.get("charStartTimesMs"), provider)
        return self.characters.add(characters, starts, self.bytes / _BYTES_PER_S)


class ElevenLabsHttpWire:
    """Implements `HttpWire`: the stream request."""

    def __init__(self, plan: ElevenLabsVoice, key: str, provider: str) -> None:
        self.provider = provider
        query = {"output_format": OUTPUT}
        if plan.optimize_streaming_latency is not None:
            query["optimize_streaming_latency"] = str(plan.optimize_streaming_latency)
        self._path = f"/v1/text-to-speech/{quote(plan.voice_id, safe='')}/stream?{urlencode(query)}"
        self._headers = {**headers(key), "Content-Type": "application/json"}
        self._body: dict[str, object] = {"model_id": plan.model}
        if settings := voice_settings(plan):
            self._body["voice_settings"] = settings
        if plan.spoken_language is not None:
            self._body["language_code"] = plan.spoken_language.partition("-")[0].lower()
        if plan.pronunciation_dictionary_locators:
            self._body["pronunciation_dictionary_locators"] = _locators(plan)

    def request(self, text: str) -> SpeechRequest:
        """See `HttpWire`."""
        return SpeechRequest(self._path, json.dumps({"text": text, **self._body}).encode(), self._headers)

    def edge(self, headers: Mapping[str, str]) -> SpeechEdge:
        """See `HttpWire`."""
        refuse_text(headers, self.provider)
        return PcmEdge()


def _locators(plan: ElevenLabsVoice) -> list[dict[str, object]]:
    return [
        one.model_dump(exclude_none=True, by_alias=False) for one in plan.pronunciation_dictionary_locators
    ]
