"""What is heard before the answer: ringing tones, announcements, greetings. Nothing is said to it."""

from __future__ import annotations

from collections.abc import Callable

from aywa.call.media_port import LegPort
from aywa.call.timeline import Timeline
from aywa.media.events import FirstPacket, PcmReady

EarEarly = Callable[[bytes, int], None]  # 16 kHz PCM, and the timeline sample after its last


def ignore(pcm: bytes, end_sample: int) -> None:
    """For those who do not listen."""


class EarlyAudio:
    """Empties a leg until the answer, so that the conversation begins with what is said after it."""

    def __init__(self, leg: LegPort, timeline: Timeline, heard: EarEarly = ignore) -> None:
        self._leg = leg
        self._timeline = timeline
        self._heard = heard

    async def serve(self) -> None:
        """Until cancelled."""
        try:
            while True:
                event = await self._leg.next_event()
                if isinstance(event, FirstPacket):
                    self._timeline.add("media.first_packet", timeline=event.timeline)
                elif isinstance(event, PcmReady):
                    self._drain()
        finally:
            self._drain()

    def _drain(self) -> None:
        while pcm := self._leg.read_uplink():
            self._heard(pcm, self._leg.uplink_end)
