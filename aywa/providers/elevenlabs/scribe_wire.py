"""ElevenLabs' Scribe realtime: segments are committed by us.

Source: elevenlabs 2.78 (realtime.scribe, types), elevenlabs.io/docs (Realtime speech to text).
"""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Iterable
from urllib.parse import urlencode

from aywa.errors import ProviderFault
from aywa.model.transcribers.eleven_labs import ElevenLabsTranscriber
from aywa.ports.stt import Final, Partial
from aywa.providers.listening.audio_clock import AudioClock
from aywa.providers.listening.json_frames import Object, number_in, objects_in, parse_frame, text_in
from aywa.providers.listening.refusal import refusal
from aywa.providers.listening.wire import Frame, Heard, Manners, Sign

PROVIDER = "11labs"
_HEAD = '{"message_type":"input_audio_chunk","audio_base_64":"'
_TAIL = '","commit":false,"sample_rate":16000}'
_COMMIT = '{"message_type":"input_audio_chunk","audio_base_64":"","commit":true,"sample_rate":16000}'
_FAULTS = {
    "auth_error": ProviderFault.UNAUTHORISED,
    "unaccepted_terms": ProviderFault.UNAUTHORISED,
    "unaccepted_terms_error": ProviderFault.UNAUTHORISED,
    "quota_exceeded": ProviderFault.FUNDS,
    "rate_limited": ProviderFault.RATE_LIMITED,
    "queue_overflow": ProviderFault.UNAVAILABLE,
    "resource_exhausted": ProviderFault.UNAVAILABLE,
    "transcriber_error": ProviderFault.UNAVAILABLE,
    "error": ProviderFault.UNAVAILABLE,
    "session_time_limit_exceeded": ProviderFault.CLOSED,
    "insufficient_audio_activity": ProviderFault.CLOSED,
    "input_error": ProviderFault.BAD_REQUEST,
    "invalid_request": ProviderFault.BAD_REQUEST,
    "chunk_size_exceeded": ProviderFault.BAD_REQUEST,
}


def scribe_path(plan: ElevenLabsTranscriber) -> str:
    """`/v1/speech-to-text/realtime` with its query: 16 kHz linear PCM, commits by hand, times of words."""
    query = [("model_id", plan.model), ("audio_format", "pcm_16000"), ("commit_strategy", "manual")]
    query += [("include_timestamps", "true")]
    if plan.language is not None:
        query.append(("language_code", plan.language.split("-")[0].lower()))
    query += [("keyterms", term) for term in plan.keyterms]
    query += [("no_verbatim", "true")] * plan.no_verbatim
    query += [("enable_logging", "false")] * (not plan.enable_logging)
    return f"/v1/speech-to-text/realtime?{urlencode(query)}"


class ScribeWire:
    """See `Wire`. A commit is answered twice: the words, and the words with their confidences, the final."""

    manners = Manners(sign_s=1.25, deaf_s=None, answers_finals=True)

    def __init__(self) -> None:
        self._guess = ""
        self._committed: str | None = None

    def opening(self) -> Iterable[Frame]:
        """See `Wire`: the query has said all."""
        return ()

    def audio(self, pcm: bytes) -> Frame:
        """See `Wire`: base64 in JSON."""
        return f"{_HEAD}{b64encode(pcm).decode('ascii')}{_TAIL}"

    def finals(self) -> Iterable[Frame]:
        """See `Wire`: a piece without audio that commits."""
        return (_COMMIT,)

    def keep_alive(self) -> Frame:
        """See `Wire`: there is none, silence is sent instead."""
        return ""

    def hints(self, phrases: tuple[str, ...]) -> Iterable[Frame]:
        """See `Wire`: key terms are settled by the query."""
        return ()

    def goodbye(self) -> Iterable[Frame]:
        """See `Wire`."""
        return ()

    def take(self, frame: Frame, clock: AudioClock) -> list[Heard]:
        """See `Wire`."""
        found = parse_frame(frame)
        kind = found.get("message_type")
        match kind:
            case "session_started":
                return [Sign.READY]
            case "partial_transcript":
                self._guess = text_in(found, "text").strip()
                return [Partial(self._guess)] if self._guess else []
            case "committed_transcript":
                self._committed, self._guess = text_in(found, "text").strip(), ""
            case "committed_transcript_with_timestamps":
                return self._final(found)
            case "commit_throttled":  # hardly anything was said since the last commit
                return [Sign.SETTLED]
            case str() if kind in _FAULTS:
                raise refusal(PROVIDER, kind, _FAULTS[kind])
        return []

    def rest(self, clock: AudioClock) -> Final | None:
        """See `Wire`."""
        text, self._guess = self._committed or self._guess, ""
        self._committed = None
        return Final(text) if text else None

    def _final(self, found: Object) -> list[Heard]:
        self._committed, self._guess = None, ""
        text = text_in(found, "text").strip()
        words = [word for word in objects_in(found, "words") if text_in(word, "type") in ("", "word")]
        if not text:
            return [Sign.SETTLED]
        # Its times are not used: whether they count from the session or from the segment is not documented.
        return [Final(text, _confidence(words), language=text_in(found, "language_code") or None)]


def _confidence(words: list[Object]) -> float | None:
    """The geometric mean of the words' probabilities."""
    logs = [log for word in words if (log := number_in(word, "logprob")) is not None]
    return math.exp(min(max(sum(logs) / len(logs), -50.0), 0.0)) if logs else None
