"""Deepgram's /v1/listen: what Nova hears, segment by segment.

Source: developers.deepgram.com (Listen, Finalize, Keep Alive, Interim Results), deepgram-sdk 7.17.
"""

from __future__ import annotations

from bisect import insort
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from aywa.errors import ProviderError, ProviderFault
from aywa.model.transcribers.deepgram import DeepgramTranscriber
from aywa.ports.stt import Final, Partial
from aywa.providers.listening.audio_clock import AudioClock
from aywa.providers.listening.json_frames import (
    Object,
    code_in,
    first_text_in,
    flag_in,
    object_in,
    objects_in,
    parse_frame,
    seconds_in,
    share_in,
    text_in,
)
from aywa.providers.listening.refusal import refusal
from aywa.providers.listening.wire import Frame, Heard, Manners, Sign
from aywa.providers.listening.words import span

PROVIDER = "deepgram"
_KEEP_ALIVE_S = 4.0  # it asks for one every 3 to 5 s, and closes after 10
_SAME_S = 0.05  # segments that begin so close together are one


def listen_path(plan: DeepgramTranscriber) -> str:
    """`/v1/listen` with its query: 16 kHz linear PCM, mono, with interim results."""
    query: list[tuple[str, str]] = [("model", plan.model)]
    if plan.language is not None:
        query.append(("language", plan.language))
    query += [("encoding", "linear16"), ("sample_rate", "16000"), ("channels", "1")]
    query += [("interim_results", "true"), ("vad_events", "true"), ("utterance_end_ms", "1000")]
    query += [("endpointing", str(plan.endpointing)), ("punctuate", "true")]
    query += [("smart_format", _word(plan.smart_format))]
    query += [("numerals", "true")] * plan.numerals + [("profanity_filter", "true")] * plan.profanity_filter
    query += [("mip_opt_out", "true")] * plan.mip_opt_out
    query += [("redact", kind) for kind in plan.redaction]
    query += [("keyterm", term) for term in plan.keyterm] + [("keywords", word) for word in plan.keywords]
    return f"/v1/listen?{urlencode(query)}"


def _word(flag: bool) -> str:
    return "true" if flag else "false"


@dataclass(frozen=True, slots=True, order=True)
class _Segment:
    """A part of an utterance that does not change any more; times in seconds of what was sent."""

    start_s: float
    end_s: float
    text: str
    confidence: float | None
    language: str | None


class DeepgramListenWire:
    """See `Wire`. An utterance is its final segments until it pauses, or until it was asked for."""

    manners = Manners(keep_alive_s=_KEEP_ALIVE_S, steady=True)

    def __init__(self) -> None:
        self._segments: list[_Segment] = []  # in the order of the audio, whatever they came in
        self._guess = ""
        self._final_s = 0.0  # all before it is final
        self._taken = deque[float](maxlen=16)  # where the latest segments began: one that comes twice is one

    def opening(self) -> Iterable[Frame]:
        """See `Wire`: the query has said all."""
        return ()

    def audio(self, pcm: bytes) -> Frame:
        """See `Wire`: binary."""
        return pcm

    def finals(self) -> Iterable[Frame]:
        """See `Wire`."""
        return ('{"type":"Finalize"}',)

    def keep_alive(self) -> Frame:
        """See `Wire`: text, or it is taken for audio."""
        return '{"type":"KeepAlive"}'

    def hints(self, phrases: tuple[str, ...]) -> Iterable[Frame]:
        """See `Wire`: key terms are settled by the query."""
        return ()

    def goodbye(self) -> Iterable[Frame]:
        """See `Wire`."""
        return ('{"type":"CloseStream"}',)

    def take(self, frame: Frame, clock: AudioClock) -> list[Heard]:
        """See `Wire`."""
        found = parse_frame(frame)
        match found.get("type"):
            case "Results":
                return self._results(found, clock)
            case "UtteranceEnd":
                final = self.rest(clock) if self._segments else None
                return [] if final is None else [final]
            case "Error":
                raise self._error(found)
            case _:
                return []

    def rest(self, clock: AudioClock) -> Final | None:
        """See `Wire`."""
        segments, guess = self._segments, self._guess
        self._segments, self._guess = [], ""
        texts = [segment.text for segment in segments] + ([guess] if guess else [])
        if not texts:
            return None
        sure = [(s.confidence, len(s.text)) for s in segments if s.confidence is not None]
        letters = sum(length for _, length in sure)
        return Final(
            " ".join(texts),
            sum(share * length for share, length in sure) / letters if letters else None,
            clock.at(segments[0].start_s) if segments else None,
            clock.at(segments[-1].end_s) if segments else None,
            language=next((s.language for s in segments if s.language), None),
        )

    def _results(self, found: Object, clock: AudioClock) -> list[Heard]:
        alternatives = objects_in(object_in(found, "channel"), "alternatives")
        best: Object = alternatives[0] if alternatives else {}
        text = text_in(best, "transcript").strip()
        confidence = share_in(best, "confidence")
        start = seconds_in(found, "start") or 0.0
        end = start + (seconds_in(found, "duration") or 0.0)
        if not flag_in(found, "is_final"):
            return self._interim(text, confidence, end, best)
        heard: list[Heard] = []
        self._guess = ""
        if text and not any(abs(begun - start) < _SAME_S for begun in self._taken):
            self._taken.append(start)
            said = span(objects_in(best, "words")) or (start, end)
            insort(self._segments, _Segment(*said, text, confidence, first_text_in(best, "languages")))
        self._final_s = max(self._final_s, end)
        asked = flag_in(found, "from_finalize")
        if flag_in(found, "speech_final") or asked:
            final = self.rest(clock)
            heard += [] if final is None else [final]
        elif self._segments:
            heard.append(Partial(self._so_far(), confidence, language=self._segments[-1].language))
        return [*heard, Sign.SETTLED] if asked else heard

    def _interim(self, text: str, confidence: float | None, end: float, best: Object) -> list[Heard]:
        if not text or end <= self._final_s:  # nothing said, or it was overtaken by its final
            return []
        self._guess = text
        return [Partial(self._so_far(), confidence, language=first_text_in(best, "languages"))]

    def _so_far(self) -> str:
        texts = [segment.text for segment in self._segments]
        return " ".join([*texts, self._guess] if self._guess else texts)

    def _error(self, found: Object) -> ProviderError:
        code = code_in(found, "variant") or code_in(found, "code")
        wrong = code == "SchemaError"
        return refusal(PROVIDER, code, ProviderFault.BAD_REQUEST if wrong else ProviderFault.UNAVAILABLE)
