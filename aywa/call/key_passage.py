"""Key presses of one leg, sent on to another: two people who are connected hear each other's keys too."""

from __future__ import annotations

from collections.abc import Callable

from aywa.call.keys import KeyWay
from aywa.call.media_port import LegPort
from aywa.call.timeline import Timeline
from aywa.errors import MediaError

# RFC 4733 carries at most 65535 samples; what is shorter than a key press of Q.24 (40 ms) is lost on others.
_SHORTEST_MS, _LONGEST_MS = 60, 8000
_UNTOLD_MS = 160  # where nobody says how long it was


def passage(heard_on: LegPort, sent_on: LegPort, timeline: Timeline) -> Callable[[str, int, KeyWay], None]:
    """What takes the presses of one leg and sends them on the other, in the way that one has agreed on.

    A press whose tones came in the audio is sent as an event only: the tones themselves are in what the other
    hears.
    """

    def take(key: str, duration_ms: int, way: KeyWay) -> None:
        in_audio = way is KeyWay.RTP and not heard_on.format.receive_events
        if in_audio and sent_on.format.events is None:
            return
        try:
            sent_on.send_digit(key, min(max(duration_ms or _UNTOLD_MS, _SHORTEST_MS), _LONGEST_MS))
        except MediaError as error:
            timeline.add("media.digit_lost", detail=error.detail)

    return take
