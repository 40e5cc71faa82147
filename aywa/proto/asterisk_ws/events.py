"""What Asterisk's websocket channel tells, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


class ControlFormat(Enum):
    """How control messages are written: `control_message_format` of chan_websocket.conf, or f() of Dial."""

    PLAIN = "plain-text"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class MediaStart:
    """The first message. `channel_id`: unique in Asterisk, "" in the first versions; `format`: Asterisk's
    name of the codec; `frame_bytes`: 20 ms of it, 0 where Asterisk leaves framing and timing to us.
    """

    connection_id: str
    channel: str
    format: str
    frame_bytes: int
    ptime_ms: int = 20
    channel_id: str = ""


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """`DTMF_END`: a key was let go."""

    key: str


class Flow(Enum):
    """Whether Asterisk takes more audio: from XOFF (900 frames wait) to XON (fewer than 800) it does not."""

    STOP = "MEDIA_XOFF"
    GO = "MEDIA_XON"


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """`STATUS`: `frames` of audio wait in Asterisk, 20 ms each."""

    frames: int


@dataclass(frozen=True, slots=True)
class Fault:
    """`ERROR`: Asterisk could not do what it was told; its words are for the log."""

    text: str


@dataclass(frozen=True, slots=True)
class Other:
    """A message that nothing here waits for."""

    name: str


Event: TypeAlias = MediaStart | KeyPressed | Flow | QueueStatus | Fault | Other
