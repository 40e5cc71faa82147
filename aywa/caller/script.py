"""What the caller says and when: clips with cues."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from aywa.errors import RequestError

_CUE = re.compile(r"^(?P<path>.+)@(?P<plus>\+?)(?P<seconds>\d+(?:\.\d+)?)$")


class Cue(Enum):
    """When a clip begins."""

    TURN = "when the other side has spoken and then been silent for the turn gap"
    ANSWER = "a number of seconds after the call was answered"
    SPEECH = "a number of seconds after the other side next begins to speak: an interruption"


@dataclass(frozen=True, slots=True)
class Line:
    """One clip of the script. `seconds` has a meaning for `Cue.ANSWER` and `Cue.SPEECH` only."""

    path: str
    cue: Cue = Cue.TURN
    seconds: float = 0.0


def parse_line(text: str) -> Line:
    """`FILE`, `FILE@SECONDS` since the answer, or `FILE@+SECONDS` after the other side begins to speak.

    Raises `RequestError` for an empty file name.
    """
    if not text or text.startswith("@"):
        raise RequestError("a clip needs a file name, as in friday.wav or friday.wav@+1.5", field="play")
    match = _CUE.match(text)
    if match is None:
        return Line(text)
    cue = Cue.SPEECH if match["plus"] else Cue.ANSWER
    return Line(match["path"], cue, float(match["seconds"]))
