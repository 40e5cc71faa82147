"""Cartesia's Ink by its manual socket: it transcribes what it is told to finalise.

Source: docs.cartesia.ai (Realtime Speech-to-Text, manual), cartesia 4.2.0.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

from aywa.errors import ProviderError
from aywa.model.transcribers.cartesia import CartesiaTranscriber
from aywa.ports.stt import Final, Partial
from aywa.providers.listening.audio_clock import AudioClock
from aywa.providers.listening.json_frames import (
    Object,
    code_in,
    flag_in,
    number_in,
    objects_in,
    parse_frame,
    text_in,
)
from aywa.providers.listening.refusal import by_status, refusal
from aywa.providers.listening.wire import Frame, Heard, Manners, Sign
from aywa.providers.listening.words import span

PROVIDER = "cartesia"
VERSION = "2026-03-01"


def ink_path(plan: CartesiaTranscriber) -> str:
    """`/stt/websocket` with its query: 16 kHz linear PCM."""
    query = [("model", plan.model), ("encoding", "pcm_s16le"), ("sample_rate", "16000")]
    query += [("language", (plan.language or "en").split("-")[0].lower())]
    query += [("keyterm", term) for term in plan.keyterm]
    return f"/stt/websocket?{urlencode(query)}"


def reported(found: Object) -> ProviderError:
    """The error of an error frame. Raises ParseError."""
    status = number_in(found, "status_code") or number_in(found, "code") or 500
    return refusal(PROVIDER, code_in(found, "error_code"), by_status(int(status)), status=int(status))


class InkWire:
    """See `Wire`. Its texts are to be joined as they are, spaces and all."""

    manners = Manners(deaf_s=None, answers_finals=True)  # it may say nothing before it is asked

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._guess = ""
        self._start_s: float | None = None
        self._end_s = 0.0
        self._language: str | None = None

    def opening(self) -> Iterable[Frame]:
        """See `Wire`: the query has said all."""
        return ()

    def audio(self, pcm: bytes) -> Frame:
        """See `Wire`: binary."""
        return pcm

    def finals(self) -> Iterable[Frame]:
        """See `Wire`: a word, no JSON."""
        return ("finalize",)

    def keep_alive(self) -> Frame:
        """See `Wire`: there is none, silence is sent instead."""
        return b""

    def hints(self, phrases: tuple[str, ...]) -> Iterable[Frame]:
        """See `Wire`: key terms are settled by the query."""
        return ()

    def goodbye(self) -> Iterable[Frame]:
        """See `Wire`."""
        return ("close",)

    def take(self, frame: Frame, clock: AudioClock) -> list[Heard]:
        """See `Wire`."""
        found = parse_frame(frame)
        match found.get("type"):
            case "transcript":
                return self._transcript(found)
            case "flush_done":
                final = self.rest(clock)
                return [Sign.SETTLED] if final is None else [final, Sign.SETTLED]
            case "error":
                raise reported(found)
            case _:
                return []

    def rest(self, clock: AudioClock) -> Final | None:
        """See `Wire`."""
        text = ("".join(self._texts) + self._guess).strip()
        start, self._start_s = self._start_s, None
        self._texts, self._guess = [], ""
        if not text:
            return None
        if start is None:
            return Final(text, language=self._language)
        return Final(text, None, clock.at(start), clock.at(self._end_s), language=self._language)

    def _transcript(self, found: Object) -> list[Heard]:
        text = text_in(found, "text")
        self._language = text_in(found, "language") or self._language
        if flag_in(found, "is_final"):
            self._texts.append(text)
            self._guess = ""
            where = span(objects_in(found, "words"))
            if where is not None and text.strip():
                self._start_s = where[0] if self._start_s is None else min(self._start_s, where[0])
                self._end_s = max(where[1], self._start_s)
        else:
            self._guess = text
        so_far = ("".join(self._texts) + self._guess).strip()
        return [Partial(so_far, language=self._language)] if so_far else []
