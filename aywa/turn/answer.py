"""One assistant turn as the manager sees it: how far model, synthesizer and playout are."""

from __future__ import annotations

from enum import Enum

from aywa.errors import EndCode
from aywa.turn.chunker import Chunker
from aywa.turn.events import Cause, Trigger
from aywa.turn.settings import TurnSettings

SAMPLES_PER_S = 8000


class Source(Enum):
    """Where the answer's text comes from at the moment."""

    MODEL = "the model writes"
    TOOL = "the model waits for a tool"
    COMPLETE = "the text is complete"


class Answer:
    """An assistant turn that is alive. Times are monotonic seconds."""

    def __init__(
        self, turn: int, trigger: Trigger, now: float, *, scripted: bool = False, protected: bool = False
    ) -> None:
        self.turn = turn
        self.trigger = trigger
        self.source = Source.COMPLETE if scripted else Source.MODEL
        self.chunker = Chunker()
        self.phrases = 0  # given to the synthesizer
        self.phrases_written = 0  # in the ring whole
        self.end_code: EndCode | None = None  # hang up with this once it was heard
        self.protected = protected  # nobody interrupts it
        self.failed = False  # the model broke off in it
        self.alive_at = now  # the last sign of life of whatever it waits for
        self._tool_timeout_s = 0.0
        self._plays_until = now  # when what is written will have been played, if nothing stops it
        self._stopped_at: float | None = None

    @property
    def complete(self) -> bool:
        """Text and audio are there whole; only playing is left."""
        return self.source is Source.COMPLETE and self.phrases_written >= self.phrases

    def sign_of_life(self, now: float) -> None:
        """The model or the synthesizer gave something."""
        self.alive_at = now

    def model_writes(self, now: float) -> None:
        """A token came, or a tool has answered."""
        self.alive_at = now
        self.source = Source.MODEL

    def tool_started(self, timeout_s: float, now: float) -> None:
        """A tool runs for at most `timeout_s`."""
        self.alive_at = now
        self.source = Source.TOOL
        self._tool_timeout_s = timeout_s

    def text_complete(self) -> None:
        """No more text will come."""
        self.source = Source.COMPLETE

    def wrote(self, samples: int, now: float) -> None:
        """`samples` of 8 kHz went into the ring."""
        self.alive_at = now
        self._plays_until = max(self._plays_until, now) + samples / SAMPLES_PER_S

    @property
    def plays_until(self) -> float:
        """When what is written will have been played, if nothing stops it."""
        return self._plays_until

    def stop_playing(self, now: float) -> None:
        """The gate closed."""
        if self._stopped_at is None:
            self._stopped_at = now

    def go_on(self, now: float) -> None:
        """The gate opened again: what was left to play starts from now, and nobody was late meanwhile."""
        if self._stopped_at is not None:
            self._plays_until = now + max(0.0, self._plays_until - self._stopped_at)
            self._stopped_at = None
        self.alive_at = now

    def held_until(self, now: float, unplayed: int) -> None:
        """The line was on hold: these samples play from now on, and nobody was late meanwhile."""
        self._plays_until = now + unplayed / SAMPLES_PER_S
        self._stopped_at = now if self._stopped_at is not None else None
        self.alive_at = now

    def deadline(self, settings: TurnSettings) -> tuple[float, Cause]:
        """When this turn is given up for lost, and as what. Only while the gate is open."""
        if self.complete:
            return max(self._plays_until, self.alive_at) + settings.mark_slack_s, Cause.PLAYOUT_LOST
        if self.source is Source.TOOL:
            # The tool's own bound comes first; this one is for a runner that lost it.
            return self.alive_at + self._tool_timeout_s + settings.model_timeout_s, Cause.MODEL_SILENT
        if self.source is Source.MODEL and self.phrases_written >= self.phrases:
            return self.alive_at + settings.model_timeout_s, Cause.MODEL_SILENT
        # While the ring is full the synthesizer may wait: its time starts when the ring runs dry.
        return max(self._plays_until, self.alive_at) + settings.speech_timeout_s, Cause.SPEECH_SILENT
