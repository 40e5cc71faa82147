"""Cartesia's Ink by the socket on which it judges turns itself.

Source: docs.cartesia.ai (Realtime Speech-to-Text, auto; Turns), cartesia 4.2.0.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

from aywa.model.transcribers.cartesia import CartesiaTranscriber
from aywa.ports.stt import Final, Partial
from aywa.providers.cartesia.ink_wire import reported
from aywa.providers.listening.audio_clock import AudioClock
from aywa.providers.listening.json_frames import Object, parse_frame, text_in
from aywa.providers.listening.wire import Frame, Heard, Manners, Sign


def turns_path(plan: CartesiaTranscriber) -> str:
    """`/stt/turns/websocket` with its query: 16 kHz linear PCM."""
    query = [("model", plan.model), ("encoding", "pcm_s16le"), ("sample_rate", "16000")]
    query += [
        ("turn_start_threshold", f"{plan.turn_start_threshold:g}"),
        ("turn_eager_end_threshold", f"{plan.turn_eager_end_threshold:g}"),
        ("turn_end_threshold", f"{plan.turn_end_threshold:g}"),
        ("turn_end_timeout_ms", str(plan.turn_end_timeout_ms)),
    ]
    query += [("keyterm", term) for term in plan.keyterm]
    return f"/stt/turns/websocket?{urlencode(query)}"


class TurnsWire:
    """See `Wire`. It gives no confidences: its thresholds say how sure it was that the caller is done."""

    def __init__(self, plan: CartesiaTranscriber) -> None:
        turn_s = plan.turn_end_timeout_ms / 1000 + 1.5
        self.manners = Manners(sign_s=1.25, verdict_s=None, turn_s=turn_s)
        self._eager = 1 - plan.turn_eager_end_threshold
        self._over = 1 - plan.turn_end_threshold
        self._text = ""

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
        """See `Wire`: key terms are settled by the query."""
        return ()

    def goodbye(self) -> Iterable[Frame]:
        """See `Wire`."""
        return ('{"type":"close"}',)

    def take(self, frame: Frame, clock: AudioClock) -> list[Heard]:
        """See `Wire`."""
        found = parse_frame(frame)
        match found.get("type"):
            case "connected":
                return [Sign.READY]
            case "turn.start":
                self._text = ""
            case "turn.update":
                return self._partial(found, None)
            case "turn.eager_end":
                return self._partial(found, self._eager)
            case "turn.resume" if self._text:
                return [Partial(self._text, None, 0.0)]
            case "turn.end":
                self._text = ""
                return [Final(text_in(found, "transcript").strip(), end_of_turn=self._over)]
            case "error":
                raise reported(found)
        return []

    def rest(self, clock: AudioClock) -> Final | None:
        """See `Wire`."""
        text, self._text = self._text, ""
        return Final(text) if text else None

    def _partial(self, found: Object, over: float | None) -> list[Heard]:
        self._text = text_in(found, "transcript").strip()
        return [Partial(self._text, None, over)] if self._text else []
