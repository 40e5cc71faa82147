"""A line that is never still and says nothing: hold music, a television, a crowd.

Neither is it the caller's silence, in which he is asked whether he is there, nor anything he has said.
"""

from __future__ import annotations

NOISY_AFTER_S = 6.0  # of sound without a word; a long sentence has its first partial after a second
QUIET_AFTER_S = 2.0  # without a sound; music pauses for less


class LineNoise:
    """Adds up sound in which there are no words. `now` is monotonic seconds."""

    def __init__(self) -> None:
        self._sound_since: float | None = None
        self._silent_since: float | None = None
        self._noise_s = 0.0
        self._told = False  # that it is noisy

    def sound(self, now: float) -> None:
        """Sound began."""
        self.handle_timers(now)
        self._silent_since = None
        if self._sound_since is None:
            self._sound_since = now

    def silence(self, now: float) -> None:
        """It is over."""
        if self._sound_since is not None:
            self._noise_s += now - self._sound_since
        self._sound_since, self._silent_since = None, now

    def words(self, now: float) -> None:
        """Somebody talks."""
        self._noise_s = 0.0
        if self._sound_since is not None:
            self._sound_since = now

    def handle_timers(self, now: float) -> None:
        """Noise that was over long enough ago is forgotten."""
        if self._silent_since is not None and now >= self._silent_since + QUIET_AFTER_S:
            self._noise_s, self._silent_since = 0.0, None

    def goes_on(self, now: float) -> bool:
        """Whether the line is noisy now, in a pause too."""
        return self._seconds(now) >= NOISY_AFTER_S

    def _seconds(self, now: float) -> float:
        running = now - self._sound_since if self._sound_since is not None else 0.0
        return self._noise_s + running

    def changed(self, now: float) -> tuple[bool, float] | None:
        """Whether the line is noisy, and the seconds of noise, when that is another verdict than the last."""
        noisy = self.goes_on(now)
        if noisy is self._told:
            return None
        self._told = noisy
        return noisy, self._seconds(now)

    def heard(self, now: float) -> bool:
        """Whether anything is heard: what lasts then is not the caller's silence."""
        return self.goes_on(now) or self._sound_since is not None

    @property
    def quiet_at(self) -> float | None:
        """When a noisy line counts as still again if nothing is heard."""
        if self._silent_since is None or self._noise_s < NOISY_AFTER_S:
            return None
        return self._silent_since + QUIET_AFTER_S
