"""The transcript: what each side said, as heard, in milliseconds since the recording's first sample."""

from __future__ import annotations

from collections.abc import Callable

from aywa.ports.store import TranscriptLine
from aywa.turn.events import EndTurn, UserSaid
from aywa.turn.heard import SAMPLES_PER_MS


class Transcript:
    """Numbers the lines of one call and passes each to `keep`."""

    def __init__(self, call_id: str, keep: Callable[[TranscriptLine], None]) -> None:
        self._call_id = call_id
        self._keep = keep
        self.lines: list[TranscriptLine] = []

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
        line = TranscriptLine(
            call_id=self._call_id,
            seq=len(self.lines) + 1,
            role=role,
            text=text,
            start_ms=start // SAMPLES_PER_MS,
            end_ms=end // SAMPLES_PER_MS,
            interrupted=interrupted,
        )
        self.lines.append(line)
        self._keep(line)
        return line
