"""Whether there is a voice in what the engine took for speech: a cough, a door and a dog wake it too."""

from __future__ import annotations

from aywa.turn.settings import TurnSettings

_SAMPLES_PER_S = 8000


class Doubt:
    """Follows the second tier's verdicts over one stretch of speech after the other."""

    def __init__(self, settings: TurnSettings) -> None:
        self._settings = settings
        self._onset: int | None = None
        self._judged_s = 0.0
        self._highest = 0.0

    def speech_started(self, sample: int) -> None:
        """A stretch began at this timeline sample (8 kHz)."""
        self._onset = sample
        self._judged_s = self._highest = 0.0

    def speech_stopped(self) -> None:
        """It is over: what is judged late is doubted no more."""
        self._onset = None

    def judged(self, end_sample: int, duration_s: float, probability: float) -> float | None:
        """A window's verdict. The highest probability of a voice so far once that is too low, else None."""
        if self._onset is None or end_sample <= self._onset:
            return None
        self._judged_s += duration_s
        self._highest = max(self._highest, probability)
        if self._highest >= self._settings.voice_probability:
            self._onset = None  # a voice: the words decide
            return None
        if self._judged_s < self._settings.doubt_after_s:
            return None
        self._onset = None
        return self._highest
