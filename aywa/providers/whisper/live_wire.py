"""WhisperLive's websocket: segments that change until they are completed.

Source: github.com/collabora/WhisperLive (whisper_live/client.py, server.py): options as JSON first,
SERVER_READY, then 16 kHz float32; segments have times of the session as texts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

import numpy

from aywa.errors import ParseError, ProviderFault
from aywa.model.transcribers.whisper import WhisperTranscriber
from aywa.ports.stt import Final, Partial
from aywa.providers.listening.audio_clock import AudioClock
from aywa.providers.listening.json_frames import Object, flag_in, objects_in, parse_frame, text_in
from aywa.providers.listening.refusal import refusal
from aywa.providers.listening.wire import Frame, Heard, Manners, Sign

PROVIDER = "whisper"
_SLACK_S = 0.2


class WhisperLiveWire:
    """See `Wire`. It has no finals: what it has said of an utterance counts a while after its end."""

    manners = Manners(sign_s=4.0, holds_audio=True, deaf_s=4.0, verdict_s=1.0, piece_ms=200, most_ms=1000)

    def __init__(self, plan: WhisperTranscriber, uid: str) -> None:
        self._plan = plan
        self._uid = uid
        self._segments: dict[float, tuple[float, str]] = {}  # by where they begin: where they end, and text
        self._given_s = 0.0  # what ends before is in a final
        self._given = (-1.0, "")  # the last segment of a final: where it began, and what it said
        self._language: str | None = None

    def opening(self) -> Iterable[Frame]:
        """See `Wire`."""
        options: dict[str, object] = {
            "uid": self._uid,
            "language": None if self._plan.language is None else self._plan.language.split("-")[0].lower(),
            "task": "transcribe",
            "model": self._plan.model,
            "use_vad": True,
        }
        if self._plan.prompt is not None:
            options["initial_prompt"] = self._plan.prompt
        return (json.dumps(options),)

    def audio(self, pcm: bytes) -> Frame:
        """See `Wire`: float32."""
        return (numpy.frombuffer(pcm, numpy.int16).astype(numpy.float32) / 32_768).tobytes()

    def finals(self) -> Iterable[Frame]:
        """See `Wire`: there is no such request."""
        return ()

    def keep_alive(self) -> Frame:
        """See `Wire`: there is none, silence is sent instead."""
        return b""

    def hints(self, phrases: tuple[str, ...]) -> Iterable[Frame]:
        """See `Wire`: the session is settled at its start."""
        return ()

    def goodbye(self) -> Iterable[Frame]:
        """See `Wire`."""
        return (b"END_OF_AUDIO",)

    def take(self, frame: Frame, clock: AudioClock) -> list[Heard]:
        """See `Wire`."""
        found = parse_frame(frame)
        if found.get("uid") not in (None, self._uid):
            return []
        if "status" in found:
            self._status(found)
        if found.get("message") == "DISCONNECT":  # its longest time is over
            raise refusal(PROVIDER, "DISCONNECT", ProviderFault.CLOSED)
        if found.get("message") == "SERVER_READY":
            return [Sign.READY]
        if isinstance(found.get("language"), str):
            self._language = text_in(found, "language") or None
        return self._heard(found) if "segments" in found else []

    def rest(self, clock: AudioClock) -> Final | None:
        """See `Wire`."""
        segments, self._segments = sorted(self._segments.items()), {}
        text = " ".join(text for _, (_, text) in segments).strip()
        if not text:
            return None
        end = max(end for _, (end, _) in segments)
        self._given_s = max(end, self._given_s)
        self._given = (segments[-1][0], segments[-1][1][1])
        return Final(text, None, clock.at(segments[0][0]), clock.at(end), language=self._language)

    def _heard(self, found: Object) -> list[Heard]:
        """Segments come again and again, the last ones of the session in every frame."""
        for segment in objects_in(found, "segments"):
            start, end = _seconds(segment, "start"), _seconds(segment, "end")
            text = text_in(segment, "text").strip()
            flag_in(segment, "completed")
            if not text or end <= self._given_s + _SLACK_S:
                continue
            if start < self._given_s - _SLACK_S:  # it has grown on since a final was made of it
                text = (
                    text.removeprefix(self._given[1]).strip()
                    if abs(start - self._given[0]) < _SLACK_S
                    else text
                )
                start = self._given_s
            for other in [begun for begun in self._segments if begun > start - _SLACK_S and begun < end]:
                del self._segments[other]  # it was heard otherwise before
            self._segments[start] = (max(end, start), text)
        so_far = " ".join(text for _, (_, text) in sorted(self._segments.items()))
        return [Partial(so_far, language=self._language)] if so_far else []

    def _status(self, found: Object) -> None:
        match found["status"]:
            case "WAIT":
                raise refusal(PROVIDER, "WAIT", ProviderFault.RATE_LIMITED)
            case "ERROR":
                raise refusal(PROVIDER, "ERROR", ProviderFault.UNAVAILABLE)


def _seconds(segment: Object, name: str) -> float:
    """A time, which is written as a text."""
    value = segment.get(name)
    try:
        seconds = float(value) if isinstance(value, str | int | float) else -1.0
    except (ValueError, OverflowError):
        seconds = -1.0
    if not 0 <= seconds <= 1e6:
        raise ParseError("A recogniser's time is none", where=name)
    return seconds
