"""What a transfer may know of its call. It does not hold the call, which holds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from aywa.call.call_recording import CallRecording
from aywa.call.capture import CallCapture
from aywa.call.timeline import Timeline
from aywa.call.transcript import Transcript
from aywa.ports.tools import ToolBox


@dataclass(frozen=True, slots=True)
class LiveView:
    """Its timeline, and what was said and settled up to now.

    `owner`: whose limits count what is dialled for it: the name of the API key that placed it, or, `inbound`,
    of the trunk it came through.
    """

    id: str
    timeline: Timeline
    capture: CallCapture
    transcript: Transcript
    tools: ToolBox
    owner: str
    inbound: bool
    recording: CallRecording
    now: Callable[[], datetime]  # aware UTC
