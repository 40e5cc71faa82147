"""The thresholds that say when the caller has finished. Times in seconds; every default says why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from aywa.model.wait_function import compile_wait_function


class EndpointingMode(Enum):
    """What a wait is chosen by."""

    FIXED = "the same pause always"
    TRANSCRIPT = "what stands at the end of the transcript: a mark, a number, nothing"
    ADAPTIVE = "the pauses that this caller makes"
    MODEL = "how finished the text, and the sound, are"
    WEBHOOK = "what a server says"


class Rule(Protocol):
    """A custom rule; the first that matches says how long to wait."""

    timeout_seconds: float

    def matches(self, assistant: str, customer: str) -> bool:
        """Tested on what the assistant said last and on what the customer is saying."""


# x: probability that more comes. Short where the text is finished, then steeply up to what outlasts a pause
# of 1.5 s. Found by `bench/turns_offline.py`; docs/decisions.md has the figures.
DEFAULT_CURVE = "580 + 380 * x + 800 / (1 + exp(18.6 - 22 * x))"
_CURVE = compile_wait_function(DEFAULT_CURVE)


@dataclass(frozen=True, slots=True)
class EndpointingSettings:
    """How one assistant finds the end of a turn. `FIXED` waits `TurnSettings.wait_s`."""

    mode: EndpointingMode = EndpointingMode.MODEL
    native: bool = (
        True  # a recogniser's own end of turn goes first, where it has one and no plan says otherwise
    )
    curve: Callable[[float], float] = _CURVE
    rules: tuple[Rule, ...] = ()
    language: str | None = None  # a tag such as "pt-BR"; None: guessed
    on_punctuation_s: float = 0.1
    on_no_punctuation_s: float = 1.5
    on_number_s: float = 0.5
    audio_wait_s: float = 0.0  # nothing is heard of the assistant before so much silence (waitSeconds)
    min_wait_s: float = (
        0.25  # the engine is sure of the silence after 200 ms, and the last partial takes as long
    )
    native_threshold: float = 0.7  # at which a recogniser's end of turn is believed
    # A caller's pauses: their 85th percentile with a margin, starting from half a second.
    adaptive_first_s: float = 0.6
    adaptive_min_s: float = 0.4
    adaptive_max_s: float = 1.5
    entity_open_s: float = 2.2  # people look numbers up, and read them in groups
    entity_done_s: float = 0.4  # a complete value needs no more than a breath
    phrase_open_s: float = 0.7  # an expected answer with which a longer one begins
    sound_weight: float = 0.5  # of the sound's verdict beside the text's, as log odds, where a model listens
    advice_timeout_s: float = 0.4  # what a webhook may take; then the built-in decides
