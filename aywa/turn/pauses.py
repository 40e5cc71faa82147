"""The pauses of one caller, learnt while he speaks: how long he may be silent and go on. Pure.

Seen are pauses that the turn survived, and those after which he went on although the turn had been taken:
without the second kind the estimate would never outgrow the wait that it sets.
"""

from __future__ import annotations

from aywa.turn.endpointing_settings import EndpointingSettings

_QUANTILE = 0.85  # of the pauses that shall be outlasted
_STEP_S = 0.18  # how far one pause moves the estimate, at first
_MIN_STEP_S = 0.05
_MARGIN = 1.15
_SHORTEST_S = 0.2  # less is the silence before a plosive


class CallerPauses:
    """A running quantile (Robbins and Monro 1951): up by much for a longer pause, down by little if not."""

    def __init__(self, settings: EndpointingSettings) -> None:
        self._settings = settings
        self._estimate_s = settings.adaptive_first_s / _MARGIN
        self.seen = 0

    @property
    def wait_s(self) -> float:
        """The wait that outlasts most of his pauses, within the settings' bounds."""
        return min(
            max(self._estimate_s * _MARGIN, self._settings.adaptive_min_s), self._settings.adaptive_max_s
        )

    def went_on(self, pause_s: float) -> None:
        """He was silent for `pause_s` seconds in the middle of a turn."""
        if pause_s < _SHORTEST_S:
            return
        self.seen += 1
        step = max(_STEP_S * 2 / (1 + self.seen) ** 0.5, _MIN_STEP_S)
        longer = pause_s > self._estimate_s
        self._estimate_s += step * (_QUANTILE if longer else _QUANTILE - 1.0)
        self._estimate_s = min(max(self._estimate_s, _SHORTEST_S), self._settings.adaptive_max_s)
