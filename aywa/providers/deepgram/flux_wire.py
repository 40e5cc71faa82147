"""Deepgram's /v2/listen: Flux, which judges itself when a turn is over.

Source: developers.deepgram.com (Flux state machine, Configure), deepgram-sdk 7.17.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from urllib.parse import urlencode

from aywa.errors import ParseError, ProviderFault
from aywa.model.transcribers.deepgram import DeepgramTranscriber
from aywa.ports.stt import Final, Partial
from aywa.providers.listening.audio_clock import AudioClock
from aywa.providers.listening.json_frames import (
    Object,
    code_in,
    first_text_in,
    number_in,
    objects_in,
    parse_frame,
    seconds_in,
    share_in,
    text_in,
)
from aywa.providers.listening.refusal import refusal
from aywa.providers.listening.wire import Frame, Heard, Manners, Sign
from aywa.providers.listening.words import mean_confidence, span

PROVIDER = "deepgram"
MAX_HINTS = 50
_EVENTS = frozenset({"StartOfTurn", "Update", "EagerEndOfTurn", "TurnResumed", "EndOfTurn"})
_FAULTS = {
    "UNAUTHORIZED": ProviderFault.UNAUTHORISED,
    "INSUFFICIENT_PERMISSIONS": ProviderFault.UNAUTHORISED,
    "TOO_MANY_REQUESTS": ProviderFault.RATE_LIMITED,
    "INVALID_MESSAGE": ProviderFault.BAD_REQUEST,
    "UNPARSABLE_CLIENT_MESSAGE": ProviderFault.BAD_REQUEST,
}


def flux_path(plan: DeepgramTranscriber) -> str:
    """`/v2/listen` with its query: 16 kHz linear PCM."""
    query: list[tuple[str, str]] = [("model", plan.model), ("encoding", "linear16"), ("sample_rate", "16000")]
    query += [("eot_threshold", f"{plan.eot_threshold:g}"), ("eot_timeout_ms", str(plan.eot_timeout_ms))]
    if plan.eager_eot_threshold is not None:
        query.append(("eager_eot_threshold", f"{plan.eager_eot_threshold:g}"))
    query += [("numerals", "true")] * plan.numerals + [("profanity_filter", "true")] * plan.profanity_filter
    query += [("mip_opt_out", "true")] * plan.mip_opt_out
    query += [("keyterm", term) for term in plan.keyterm]
    query += [("language_hint", tag) for tag in plan.languages]
    return f"/v2/listen?{urlencode(query)}"


class FluxWire:
    """See `Wire`. A turn is whole in every frame about it; frames of a turn that has ended are late."""

    def __init__(self, keyterms: tuple[str, ...] = (), timeout_ms: int = 5000) -> None:
        turn_s = timeout_ms / 1000 + 1.5
        self.manners = Manners(sign_s=1.25, steady=True, in_silence=True, verdict_s=None, turn_s=turn_s)
        self._keyterms = keyterms
        self._ended = -1  # the last turn that has ended
        self._sequence = -1.0
        self._rest: Final | None = None

    def opening(self) -> Iterable[Frame]:
        """See `Wire`: the query has said all."""
        return ()

    def audio(self, pcm: bytes) -> Frame:
        """See `Wire`: binary."""
        return pcm

    def finals(self) -> Iterable[Frame]:
        """See `Wire`: when a turn is over is its own to say."""
        return ()

    def keep_alive(self) -> Frame:
        """See `Wire`: there is none, silence is sent instead."""
        return b""

    def hints(self, phrases: tuple[str, ...]) -> Iterable[Frame]:
        """See `Wire`: key terms besides those of the plan."""
        terms = list(dict.fromkeys((*self._keyterms, *(p for p in phrases if 0 < len(p) <= 100))))
        return (json.dumps({"type": "Configure", "keyterms": terms[: MAX_HINTS + len(self._keyterms)]}),)

    def goodbye(self) -> Iterable[Frame]:
        """See `Wire`."""
        return ('{"type":"CloseStream"}',)

    def take(self, frame: Frame, clock: AudioClock) -> list[Heard]:
        """See `Wire`."""
        found = parse_frame(frame)
        match found.get("type"):
            case "Connected":
                return [Sign.READY]
            case "TurnInfo":
                return self._turn(found, clock)
            case "Error":
                code = code_in(found, "code")
                raise refusal(PROVIDER, code, _FAULTS.get(code, ProviderFault.UNAVAILABLE))
            case _:
                return []

    def rest(self, clock: AudioClock) -> Final | None:
        """See `Wire`."""
        rest, self._rest = self._rest, None
        return rest

    def _turn(self, found: Object, clock: AudioClock) -> list[Heard]:
        event = found.get("event")
        if not isinstance(event, str) or event not in _EVENTS:
            return []
        index = number_in(found, "turn_index")
        if index is None:
            raise ParseError("A turn without its number", where="turn_index")
        sequence = number_in(found, "sequence_id")
        late = sequence is not None and sequence < self._sequence
        if index <= self._ended or (late and event != "EndOfTurn"):
            return []
        self._sequence = self._sequence if sequence is None or late else sequence
        text = text_in(found, "transcript").strip()
        words = objects_in(found, "words")
        confidence, over = mean_confidence(words), share_in(found, "end_of_turn_confidence")
        language = first_text_in(found, "languages")
        where = span(words) or _window(found)
        final = Final(text, confidence, None, None, over, language)
        if where is not None:
            final = Final(text, confidence, clock.at(where[0]), clock.at(where[1]), over, language)
        if event == "EndOfTurn":
            self._ended, self._rest = int(index), None
            return [final]
        self._rest = final if text else None
        return [Partial(text, confidence, over, language)] if text else []


def _window(found: Object) -> tuple[float, float] | None:
    start, end = seconds_in(found, "audio_window_start"), seconds_in(found, "audio_window_end")
    return None if start is None or end is None else (start, max(start, end))
