"""The thresholds of turn taking. Times in seconds; every default says why."""

from __future__ import annotations

from dataclasses import dataclass, field

from aywa.turn.barge_in_settings import BargeInMode, BargeInSettings
from aywa.turn.endpointing_settings import EndpointingMode, EndpointingSettings
from aywa.turn.idle import IdleSettings
from aywa.turn.keypad import KeypadSettings
from aywa.turn.speaking_settings import SpeakingSettings
from aywa.turn.speculation_settings import SpeculationSettings


@dataclass(frozen=True, slots=True)
class Phrases:
    """What the assistant says without a model."""

    apology: str = "I am sorry, something went wrong. Could you say that again?"
    reprompt: str = "I am sorry, could you say that again?"
    silence_prompt: str = "Are you still there?"
    silence_farewell: str = "I cannot hear you, so I will end the call now. Goodbye."
    duration_farewell: str = "I am sorry, this call has reached its time limit. Goodbye."
    failure_farewell: str = "I am sorry, I cannot help you at the moment. Please call again later. Goodbye."


@dataclass(frozen=True, slots=True)
class TurnSettings:
    """Thresholds of one call."""

    greet: bool = True  # the assistant speaks first
    barge_in: bool = True  # False: nobody interrupts, whatever `barge` says
    wait_s: float = 0.5  # silence since the caller's last voiced sample before the turn is taken, if fixed
    endpointing: EndpointingSettings = field(
        default_factory=lambda: EndpointingSettings(EndpointingMode.FIXED)
    )
    final_timeout_s: float = 2.0  # a recogniser that has not answered by then will not
    sure_partial_s: float = (
        1.0  # the same behind words that it is sure of: a final that differs corrects them
    )
    noise_timeout_s: float = 15.0  # speech without one word for so long is not a person talking to us
    max_utterance_s: float = 60.0  # a VAD held open by noise must not hold the turn open for ever
    model_timeout_s: float = 10.0  # without a sign of life from the model
    speech_timeout_s: float = 8.0  # without audio from the synthesizer once the ring has run dry
    mark_slack_s: float = 1.0  # marks come within a tick; a second late they are lost
    closing_timeout_s: float = 20.0  # a farewell is one or two sentences
    partial_confidence: float = 0.5  # of a partial that cuts the assistant before its final is there
    unclear_speech_s: float = 0.4  # shorter than this may be a cough; the shortest words last as long
    voice_probability: float = 0.35  # second tier: recorded words reach 0.46 and more, noises 0.06
    doubt_after_s: float = 0.32  # without that for ten windows there is none
    speaker_forgotten_s: float = 15.0  # who hands the telephone over is not heard any more
    max_reprompts: int = 2  # in a row; a noisy room must not be asked for ever
    max_failures: int = 2  # failed turns in a row before the call is given up
    max_duration_s: float = 600.0
    silence_prompt_s: float = 10.0
    silence_timeout_s: float = 30.0
    speculation: SpeculationSettings = field(default_factory=SpeculationSettings)
    keypad: KeypadSettings = field(default_factory=KeypadSettings)
    idle: IdleSettings = field(default_factory=IdleSettings)
    barge: BargeInSettings = field(default_factory=BargeInSettings)
    speaking: SpeakingSettings = field(default_factory=SpeakingSettings)
    phrases: Phrases = Phrases()

    @property
    def barge_mode(self) -> BargeInMode:
        """What takes the floor from the assistant; the leg's BargeInPolicy follows from it."""
        return self.barge.mode if self.barge_in else BargeInMode.OFF
