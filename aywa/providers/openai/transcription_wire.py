"""OpenAI's transcription sessions over the realtime websocket: utterances are committed by us.

Source: developers.openai.com (Realtime transcription), openai 3.54 (types.realtime).
"""

from __future__ import annotations

import json
import math
from base64 import b64encode
from collections.abc import Iterable
from typing import Any

import numpy
import soxr

from aywa.errors import ParseError, ProviderFault
from aywa.model.transcribers.openai import OpenAiTranscriber
from aywa.ports.stt import Final, Partial
from aywa.providers.listening.audio_clock import AudioClock
from aywa.providers.listening.json_frames import (
    Object,
    code_in,
    number_in,
    object_in,
    objects_in,
    parse_frame,
    text_in,
)
from aywa.providers.listening.refusal import refusal
from aywa.providers.listening.wire import Frame, Heard, Manners, Sign

PROVIDER = "openai"
PATH = "/v1/realtime?intent=transcription"
RATE = 24_000  # the only rate of PCM it takes
_HEAD = '{"type":"input_audio_buffer.append","audio":"'
_KEPT_ITEMS = 64
_EMPTY = "input_audio_buffer_commit_empty"
_FAULTS = {
    "invalid_api_key": ProviderFault.UNAUTHORISED,
    "insufficient_quota": ProviderFault.FUNDS,
    "rate_limit_exceeded": ProviderFault.RATE_LIMITED,
    "session_expired": ProviderFault.CLOSED,
    "invalid_request_error": ProviderFault.BAD_REQUEST,
    "authentication_error": ProviderFault.UNAUTHORISED,
}


def session_of(plan: OpenAiTranscriber) -> dict[str, Any]:
    """The session.update of a plan: PCM of 24 kHz, no turn detection of its own."""
    transcription: dict[str, Any] = {"model": plan.model}
    if plan.language is not None:
        transcription["language"] = plan.language.split("-")[0].lower()
    if plan.prompt is not None:
        transcription["prompt"] = plan.prompt
    if plan.keywords:
        transcription["keywords"] = list(plan.keywords)
    heard: dict[str, Any] = {
        "format": {"type": "audio/pcm", "rate": RATE},
        "transcription": transcription,
        "turn_detection": None,
    }
    if plan.noise_reduction is not None:
        heard["noise_reduction"] = {"type": plan.noise_reduction}
    session: dict[str, Any] = {"type": "transcription", "audio": {"input": heard}}
    if plan.model.startswith("gpt-4o") and "diarize" not in plan.model:
        session["include"] = ["item.input_audio_transcription.logprobs"]
    return {"type": "session.update", "session": session}


class TranscriptionWire:
    """See `Wire`. Finals come in the order of the commits, whatever order they are ready in."""

    manners = Manners(
        sign_s=1.25, deaf_s=None, answers_finals=True, verdict_s=4.0, gated=True, most_ms=400, coarse_ms=100
    )

    def __init__(self, plan: OpenAiTranscriber) -> None:
        self._opening = json.dumps(session_of(plan))
        self._wide = soxr.ResampleStream(16_000, RATE, 1, dtype="int16", quality="LQ")
        self._items: dict[str, Final | None] = {}  # committed, in order
        self._guess: dict[str, str] = {}

    def opening(self) -> Iterable[Frame]:
        """See `Wire`."""
        return (self._opening,)

    def audio(self, pcm: bytes) -> Frame:
        """See `Wire`: base64 in JSON, at 24 kHz."""
        wide = self._wide.resample_chunk(numpy.frombuffer(pcm, numpy.int16))
        return f'{_HEAD}{b64encode(wide.tobytes()).decode("ascii")}"}}'

    def finals(self) -> Iterable[Frame]:
        """See `Wire`."""
        return ('{"type":"input_audio_buffer.commit"}',)

    def keep_alive(self) -> Frame:
        """See `Wire`: it needs none."""
        return ""

    def hints(self, phrases: tuple[str, ...]) -> Iterable[Frame]:
        """See `Wire`: the session is settled at its start."""
        return ()

    def goodbye(self) -> Iterable[Frame]:
        """See `Wire`."""
        return ()

    def take(self, frame: Frame, clock: AudioClock) -> list[Heard]:
        """See `Wire`."""
        found = parse_frame(frame)
        match found.get("type"):
            case "session.created" | "transcription_session.created":
                return [Sign.READY]
            case "input_audio_buffer.committed":
                self._item(found)
            case "conversation.item.input_audio_transcription.delta":
                return self._delta(found)
            case "conversation.item.input_audio_transcription.completed":
                return self._completed(found)
            case "conversation.item.input_audio_transcription.failed":
                code = code_in(object_in(found, "error"), "code")
                raise refusal(PROVIDER, code, _FAULTS.get(code, ProviderFault.UNAVAILABLE))
            case "error":
                return self._error(object_in(found, "error"))
        return []

    def rest(self, clock: AudioClock) -> Final | None:
        """See `Wire`."""
        for item, final in list(self._items.items()):
            del self._items[item]
            guess = self._guess.pop(item, "").strip()
            if final is not None or guess:
                return final or Final(guess)
        return None

    def _item(self, found: Object) -> str:
        item = text_in(found, "item_id")
        if not item:
            raise ParseError("An item without its id", where="item_id")
        if len(self._items) >= _KEPT_ITEMS:
            raise ParseError("More items than utterances", where="item_id")
        self._items.setdefault(item, None)
        return item

    def _delta(self, found: Object) -> list[Heard]:
        item = self._item(found)
        self._guess[item] = (self._guess.get(item, "") + text_in(found, "delta"))[-32_768:]
        text = self._guess[item].strip()
        return [Partial(text, _confidence(found))] if text and item == next(iter(self._items)) else []

    def _completed(self, found: Object) -> list[Heard]:
        item = self._item(found)
        languages = found.get("languages")
        first = languages[0] if isinstance(languages, list) and languages else None
        language = text_in(first, "code") if isinstance(first, dict) else first
        self._items[item] = Final(
            text_in(found, "transcript").strip(),
            _confidence(found),
            language=language if isinstance(language, str) and language.isascii() and language else None,
        )
        self._guess.pop(item, None)
        heard: list[Heard] = []
        while self._items and (final := self._items[next(iter(self._items))]) is not None:
            del self._items[next(iter(self._items))]
            heard.append(final)
        return heard

    def _error(self, error: Object) -> list[Heard]:
        code, kind = code_in(error, "code"), code_in(error, "type")
        if code == _EMPTY:  # less than 100 ms was said
            return [Sign.SETTLED]
        fault = _FAULTS.get(code) or _FAULTS.get(kind) or ProviderFault.UNAVAILABLE
        raise refusal(PROVIDER, code or kind, fault)


def _confidence(found: Object) -> float | None:
    """The geometric mean of the tokens' probabilities."""
    logs = [
        log for entry in objects_in(found, "logprobs") if (log := number_in(entry, "logprob")) is not None
    ]
    return math.exp(min(max(sum(logs) / len(logs), -50.0), 0.0)) if logs else None
