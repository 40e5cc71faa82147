"""The transcript: what each side said, as heard, in milliseconds since the recording's first sample.

The store has all of it. Here the latest lines stay, so that a call of hours does not hold every word of it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from uuid import UUID

from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.ports.store import TranscriptLine
from aywa.turn.events import EndTurn, UserSaid
from aywa.turn.heard import SAMPLES_PER_MS

KEPT_LINES = 64  # a message left on a machine takes a dozen; a summary names the last three


class Transcript:
    """Numbers the lines of one call and passes each to `keep`."""

    def __init__(
        self,
        call_id: str,
        keep: Callable[[TranscriptLine], None],
        org_id: UUID = DEFAULT_ORGANIZATION,
    ) -> None:
        self._call_id = call_id
        self._org_id = org_id
        self._keep = keep
        self.count = 0  # lines up to now
        self.withheld = False  # what is said now is not kept
        self.veil: Callable[[str], str] | None = None  # what of a text may be kept
        self._latest: deque[TranscriptLine] = deque(maxlen=KEPT_LINES)

    @property
    def latest(self) -> Sequence[TranscriptLine]:
        """The last lines, the newest last; `KEPT_LINES` at most."""
        return self._latest

    def since(self, count: int) -> list[TranscriptLine]:
        """The lines after the first `count`, of those that are kept."""
        return [line for line in self._latest if line.seq > count]

    def user(self, said: UserSaid, timeline: int) -> TranscriptLine:
        """The caller's words; where the VAD knows no beginning or end, they lie at `timeline`."""
        end = timeline if said.end_sample is None else said.end_sample
        start = min(end, end if said.start_sample is None else said.start_sample)
        return self._add("user", said.text, start, end)

    def assistant(self, turn: EndTurn) -> TranscriptLine:
        """What was heard of an assistant turn that was heard at all."""
        start = turn.start_sample or 0
        end = start if turn.end_sample is None else turn.end_sample
        return self._add("assistant", turn.heard, start, end, interrupted=turn.interrupted)

    def _add(
        self, role: str, text: str, start: int, end: int, *, interrupted: bool = False
    ) -> TranscriptLine:
        self.count += not self.withheld
        line = TranscriptLine(
            call_id=self._call_id,
            seq=self.count,
            role=role,
            text=text if self.veil is None else self.veil(text),
            start_ms=start // SAMPLES_PER_MS,
            end_ms=end // SAMPLES_PER_MS,
            interrupted=interrupted,
            org_id=self._org_id,
        )
        if not self.withheld:
            self._latest.append(line)
            self._keep(line)
        return line
