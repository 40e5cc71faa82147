"""Key presses in INFO: `application/dtmf-relay` (Signal=, Duration=) and `application/dtmf` (the key alone).

Neither type has an RFC; both are read as the gateways and PBXs that send them write them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from aywa.errors import ParseError

RELAY = "application/dtmf-relay"
PLAIN = "application/dtmf"
TYPES = (RELAY, PLAIN)
DEFAULT_MS = 160  # a press whose length is not said
LONGEST_MS = 10_000
MAX_BODY = 256  # bytes
_EVENTS = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "#", "A", "B", "C", "D")
_FIELD = re.compile(r"[ \t]*+([A-Za-z]++)[ \t]*+=[ \t]*+([0-9A-Da-d*#]{1,5})[ \t]*+")


@dataclass(frozen=True, slots=True)
class InfoKey:
    """One press: the key (`0`-`9`, `*`, `#`, `A`-`D`) and how long it lasted in ms, 1 to 10000."""

    key: str
    duration_ms: int = DEFAULT_MS


def parse_info_dtmf(content_type: str, body: bytes) -> InfoKey:
    """Read the body of an INFO whose media type is one of `TYPES`. Raises ParseError."""
    if len(body) > MAX_BODY:
        raise ParseError("A key press of this size", where="INFO")
    text = body.decode("latin-1").strip()
    if content_type == PLAIN and "=" not in text:
        return InfoKey(_key(text))
    fields: dict[str, str] = {}
    for line in re.split(r"[\r\n]+", text):
        match = _FIELD.fullmatch(line)
        if match is not None:
            fields.setdefault(match[1].lower(), match[2])
    if "signal" not in fields:
        raise ParseError("No Signal", where="INFO")
    length = fields.get("duration", str(DEFAULT_MS))
    if not (length.isascii() and length.isdigit()):
        raise ParseError("Malformed Duration", where="INFO")
    return InfoKey(_key(fields["signal"]), min(max(int(length), 1), LONGEST_MS))


def _key(text: str) -> str:
    """The key of `5`, `*`, `a`, or of the event numbers 10 to 15 that some gateways write for `*` to `D`."""
    if len(text) == 1 and text.upper() in _EVENTS:
        return text.upper()
    if text.isascii() and text.isdigit() and len(text) <= 2 and int(text) < len(_EVENTS):
        return _EVENTS[int(text)]
    raise ParseError("Not a key", where="INFO")
