"""What Asterisk's websocket channel is told."""

from __future__ import annotations

import json
import re
from enum import Enum

from aywa.errors import LocalProtocolError
from aywa.proto.asterisk_ws.events import ControlFormat

MAX_COMMAND = 128  # bytes; Asterisk passes over a longer one
_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class Command(Enum):
    """The commands, by their names; they are case-sensitive."""

    ANSWER = "ANSWER"
    HANGUP = "HANGUP"
    START_BUFFERING = "START_MEDIA_BUFFERING"
    STOP_BUFFERING = "STOP_MEDIA_BUFFERING"
    MARK = "MARK_MEDIA"
    FLUSH = "FLUSH_MEDIA"
    PAUSE = "PAUSE_MEDIA"
    CONTINUE = "CONTINUE_MEDIA"
    STATUS = "GET_STATUS"
    REPORT_DRAINED = "REPORT_QUEUE_DRAINED"


_WITH_ID = (Command.STOP_BUFFERING, Command.MARK)


def encode_command(command: Command, format: ControlFormat, correlation_id: str = "") -> str:
    """The message. Asterisk reads only the format that it writes.

    `correlation_id` comes back with what STOP_BUFFERING and MARK report: 1 to 64 of A-Z, a-z, 0-9, `_.-`;
    LocalProtocolError for another one, and for one that the command has no use for.
    """
    if correlation_id and (command not in _WITH_ID or _ID.fullmatch(correlation_id) is None):
        raise LocalProtocolError("A correlation id that the websocket channel cannot give back")
    if format is ControlFormat.PLAIN:
        return f"{command.value} {correlation_id}".rstrip()
    fields = {"command": command.value}
    if correlation_id:
        fields["correlation_id"] = correlation_id
    return json.dumps(fields, separators=(",", ":"))
