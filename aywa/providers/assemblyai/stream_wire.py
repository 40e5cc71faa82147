"""AssemblyAI's streaming recogniser, v3: turns with their words.

Source: assemblyai 1.8.2 (streaming/v3), AssemblyAI-Version 2025-05-12.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from urllib.parse import urlencode

from aywa.errors import ParseError, ProviderFault
from aywa.model.transcribers.assembly_ai import AssemblyAiTranscriber
from aywa.ports.stt import Final, Partial
from aywa.providers.listening.audio_clock import AudioClock
from aywa.providers.listening.json_frames import (
    Object,
    code_in,
    flag_in,
    number_in,
    objects_in,
    parse_frame,
    share_in,
    text_in,
)
from aywa.providers.listening.refusal import refusal
from aywa.providers.listening.wire import Frame, Heard, Manners, Sign
from aywa.providers.listening.words import mean_confidence, span

PROVIDER = "assembly-ai"
VERSION = "2025-05-12"
MAX_TERMS = 100
CLOSE_CODES = {
    1013: ProviderFault.UNAVAILABLE,
    3005: ProviderFault.UNAVAILABLE,
    3006: ProviderFault.BAD_REQUEST,
    3007: ProviderFault.BAD_REQUEST,  # a piece of a wrong length: ours
    3008: ProviderFault.CLOSED,  # a session's longest time
    3009: ProviderFault.RATE_LIMITED,
    4000: ProviderFault.BAD_REQUEST,
    4001: ProviderFault.UNAUTHORISED,
    4002: ProviderFault.FUNDS,
    4003: ProviderFault.FUNDS,
    4008: ProviderFault.CLOSED,
    4029: ProviderFault.RATE_LIMITED,
    4031: ProviderFault.CLOSED,
    4100: ProviderFault.BAD_REQUEST,
    4101: ProviderFault.BAD_REQUEST,
    4102: ProviderFault.RATE_LIMITED,
}


def stream_path(plan: AssemblyAiTranscriber) -> str:
    """`/v3/ws` with its query: 16 kHz linear PCM."""
    query: list[tuple[str, str]] = [("sample_rate", "16000"), ("encoding", "pcm_s16le")]
    query += [("format_turns", "true" if plan.format_turns else "false")]
    query += [("speech_model", _model(plan))]
    query += [("end_of_turn_confidence_threshold", f"{plan.end_of_turn_confidence_threshold:g}")]
    query += [("min_turn_silence", str(plan.min_end_of_turn_silence_when_confident))]
    query += [("max_turn_silence", str(plan.max_turn_silence))]
    if plan.language == "multi":
        query.append(("language_detection", "true"))
    terms = list(dict.fromkeys((*plan.keyterms_prompt, *plan.word_boost)))[:MAX_TERMS]
    if terms:
        query.append(("keyterms_prompt", json.dumps(terms)))
    return f"/v3/ws?{urlencode(query)}"


def _model(plan: AssemblyAiTranscriber) -> str:
    if plan.speech_model is not None:
        return plan.speech_model
    english = plan.language is None or plan.language.split("-")[0].lower() == "en"
    return "universal-streaming-english" if english else "universal-streaming-multilingual"


class AssemblyAiWire:
    """See `Wire`. With formatted turns the end of a turn comes twice, and the second time as it stays."""

    manners = Manners(least_ms=50, most_ms=1000, sign_s=1.25, keep_alive_s=5.0, close_codes=CLOSE_CODES)

    def __init__(self, *, formatted: bool = True, terms: tuple[str, ...] = ()) -> None:
        self._formatted = formatted
        self._terms = terms
        self._ended = -1  # the last turn whose final was given
        self._rest: Final | None = None

    def opening(self) -> Iterable[Frame]:
        """See `Wire`: the query has said all."""
        return ()

    def audio(self, pcm: bytes) -> Frame:
        """See `Wire`: binary, of 50 to 1000 ms."""
        return pcm

    def finals(self) -> Iterable[Frame]:
        """See `Wire`."""
        return ('{"type":"ForceEndpoint"}',)

    def keep_alive(self) -> Frame:
        """See `Wire`."""
        return '{"type":"KeepAlive"}'

    def hints(self, phrases: tuple[str, ...]) -> Iterable[Frame]:
        """See `Wire`: key terms besides those of the plan."""
        terms = list(dict.fromkeys((*self._terms, *(p for p in phrases if 0 < len(p) <= 50))))
        return (json.dumps({"type": "UpdateConfiguration", "keyterms_prompt": terms[:MAX_TERMS]}),)

    def goodbye(self) -> Iterable[Frame]:
        """See `Wire`."""
        return ('{"type":"Terminate"}',)

    def take(self, frame: Frame, clock: AudioClock) -> list[Heard]:
        """See `Wire`."""
        found = parse_frame(frame)
        match found.get("type"):
            case "Begin":
                return [Sign.READY]
            case "Turn":
                return self._turn(found, clock)
            case "Error":
                code = code_in(found, "error_code")
                fault = CLOSE_CODES.get(int(code)) if code.isdecimal() else None
                raise refusal(PROVIDER, code, fault or ProviderFault.UNAVAILABLE)
            case None if "error" in found:
                raise refusal(PROVIDER, code_in(found, "error_code"), ProviderFault.UNAVAILABLE)
            case _:
                return []

    def rest(self, clock: AudioClock) -> Final | None:
        """See `Wire`."""
        rest, self._rest = self._rest, None
        return rest

    def _turn(self, found: Object, clock: AudioClock) -> list[Heard]:
        order = number_in(found, "turn_order")
        if order is None:
            raise ParseError("A turn without its number", where="turn_order")
        if order <= self._ended:
            return []
        text = text_in(found, "transcript").strip()
        words = objects_in(found, "words")
        over = share_in(found, "end_of_turn_confidence")
        confidence, where = mean_confidence(words), span(words, 0.001)
        language = text_in(found, "language_code") or None
        ended = flag_in(found, "end_of_turn")
        if not ended:  # the transcript has only the words that do not change any more
            text = " ".join(filter(None, (text_in(word, "text") for word in words))) or text
        speaker = text_in(found, "speaker_label") or None
        start, stop = (None, None) if where is None else (clock.at(where[0]), clock.at(where[1]))
        final = Final(text, confidence, start, stop, over, language, speaker)
        if ended and (not self._formatted or flag_in(found, "turn_is_formatted")):
            self._ended, self._rest = int(order), None
            return [final]
        self._rest = final if text else None
        return [Partial(text, confidence, over, language, speaker)] if text else []
