"""The limits of a call: how long it may last, and how long the caller may be silent."""

from __future__ import annotations

from enum import Enum

from aywa.turn.idle import IdleMessages
from aywa.turn.settings import TurnSettings


class Limit(Enum):
    """Which limit was reached."""

    PROMPT = "the caller has been silent: ask"
    SILENCE = "the caller has been silent for too long"
    MAX_DURATION = "the call has lasted as long as it may"


class Limits:
    """Counts silence only while it is the caller's turn: a long answer is not the caller's silence."""

    def __init__(self, settings: TurnSettings) -> None:
        self._settings = settings
        self._ends_at: float | None = None
        self._counting_since: float | None = None
        self._silent_s = 0.0  # before `_counting_since`
        self._prompts = 0  # in this silence
        self.idle = IdleMessages(settings.idle, settings.phrases.silence_prompt)

    def start(self, now: float) -> None:
        """The call was answered."""
        self._ends_at = now + self._settings.max_duration_s

    def adopt(self, settings: TurnSettings) -> None:
        """Another plan from now on; the call's length counts from its beginning."""
        if self._ends_at is not None:
            self._ends_at += settings.max_duration_s - self._settings.max_duration_s
        self._settings = settings
        self.idle = IdleMessages(settings.idle, settings.phrases.silence_prompt)

    def caller_heard(self, now: float) -> None:
        """The caller said words or pressed a key."""
        self._silent_s, self._prompts = 0.0, 0
        self.idle.caller_heard()
        if self._counting_since is not None:
            self._counting_since = now

    def count(self, on: bool, now: float) -> None:
        """Count silence from now on, or stop counting."""
        if on and self._counting_since is None:
            self._counting_since = now
        elif not on and self._counting_since is not None:
            self._silent_s += now - self._counting_since
            self._counting_since = None

    def stop(self) -> None:
        """The call is ending: no limit matters any more."""
        self._ends_at = self._counting_since = None

    @property
    def silent_s(self) -> float:
        """Silence counted before the running stretch."""
        return self._silent_s

    @property
    def deadline(self) -> float | None:
        """The next limit's moment."""
        moments = [self._ends_at] if self._ends_at is not None else []
        if self._counting_since is not None:
            moments.append(self._counting_since + self._next_silence_s() - self._silent_s)
        return min(moments, default=None)

    def reached(self, now: float) -> Limit | None:
        """The limit that has been reached, the hardest one first. A PROMPT is reported once."""
        if self._ends_at is not None and now >= self._ends_at:
            self._ends_at = None
            return Limit.MAX_DURATION
        if self._counting_since is None:
            return None
        # The sums repeat those of `deadline`, so that waking at the deadline always finds its limit reached.
        if now < self._counting_since + self._next_silence_s() - self._silent_s:
            return None
        if self._next_silence_s() >= self._settings.silence_timeout_s:
            self._counting_since = None
            return Limit.SILENCE
        self._prompts += 1
        return Limit.PROMPT

    def _next_silence_s(self) -> float:
        """The silence at which something happens next: a prompt if one is left, or the end."""
        if not self.idle.left:
            return self._settings.silence_timeout_s
        prompt_s = (self._prompts + 1) * self._settings.silence_prompt_s
        return min(prompt_s, self._settings.silence_timeout_s)
