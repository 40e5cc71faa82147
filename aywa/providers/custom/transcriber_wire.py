"""The wire of recognisers of an operator's own: the `custom-transcriber` of the public contract.

After a text frame that begins it, audio goes as binary frames of two interleaved channels, the caller first
and the assistant second; what comes back are `transcriber-response` objects.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy

from aywa.errors import ParseError
from aywa.ports.stt import Final, Partial
from aywa.providers.listening.audio_clock import AudioClock
from aywa.providers.listening.json_frames import parse_frame, text_in
from aywa.providers.listening.wire import Frame, Heard, Manners

_START = '{"type":"start","encoding":"linear16","container":"raw","sampleRate":16000,"channels":2}'


class CustomTranscriberWire:
    """See `Wire`. What is said about the assistant's channel is nothing: its words are known."""

    manners = Manners(deaf_s=None, verdict_s=3.0)  # it may say nothing but finals

    def __init__(self) -> None:
        self._guess = ""

    def opening(self) -> Iterable[Frame]:
        """See `Wire`."""
        return (_START,)

    def audio(self, pcm: bytes) -> Frame:
        """See `Wire`: interleaved; the second channel is silent."""
        samples = numpy.frombuffer(pcm, numpy.int16)
        both = numpy.zeros(2 * len(samples), numpy.int16)
        both[::2] = samples
        return both.tobytes()

    def finals(self) -> Iterable[Frame]:
        """See `Wire`: the contract has no such request."""
        return ()

    def keep_alive(self) -> Frame:
        """See `Wire`: there is none, silence is sent instead."""
        return b""

    def hints(self, phrases: tuple[str, ...]) -> Iterable[Frame]:
        """See `Wire`: the contract has none."""
        return ()

    def goodbye(self) -> Iterable[Frame]:
        """See `Wire`."""
        return ()

    def take(self, frame: Frame, clock: AudioClock) -> list[Heard]:
        """See `Wire`."""
        found = parse_frame(frame)
        if found.get("type") != "transcriber-response" or found.get("channel", "customer") != "customer":
            return []
        text = text_in(found, "transcription").strip()
        kind = text_in(found, "transcriptType") or "final"
        if kind not in ("partial", "final"):
            raise ParseError("A transcript of an unknown kind", where="transcriptType")
        if kind == "partial":
            self._guess = text
            return [Partial(text)] if text else []
        self._guess = ""
        return [Final(text)] if text else []

    def rest(self, clock: AudioClock) -> Final | None:
        """See `Wire`."""
        text, self._guess = self._guess, ""
        return Final(text) if text else None
