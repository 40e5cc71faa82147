"""The thresholds of answering-machine detection; every default says why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AnsweringSettings:
    """Thresholds of one call. Times count from the answer where nothing else is said."""

    start_at_s: float = 0.0  # no verdict before: 0, a person waits for our first word
    detection_timeout_s: float = 30.0  # the likeliest outcome counts then, whatever its odds
    silence_timeout_s: float = 5.0  # without a sound, at first or since: whoever is so silent waits for us
    speech_threshold_s: float = 2.4  # speech that a person and a machine are as likely to make
    least_pause_s: float = 0.6  # after the last word of a person; recordings pause so long after "Hello"
    speech_end_s: float = 1.2  # silence after speech that counts as much for a person as that for a machine
    probability: float = 0.9  # of a verdict before the timeout
    beep_max_await_s: float = 30.0  # the message is left then, with or without a beep
    greeting_silence_s: float = 4.0  # after a greeting without a beep: some pause 3 s before it
    beep_settle_s: float = 0.35  # after a beep: of several in a row the next is known by then
    max_restarts: int = 2  # of a message that was begun before the last beep
    languages: tuple[str, ...] = ("en", "de", "es", "fr", "it")  # whose phrases are looked for
