"""What goes into the turn manager.

Positions: `sample` and `timeline` are samples of 8 kHz on the leg's timeline (the recording's frame index);
`played` counts speech samples sent since the leg began, silence left out. `turn` counts from 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from aywa.errors import EndCode
from aywa.turn.expectation import Expectation
from aywa.turn.settings import TurnSettings
from aywa.turn.tool_messages import ToolMessage


@dataclass(frozen=True, slots=True)
class CallStarted:
    """The leg is open and the caller can hear. `greet`: as the settings say, or False: say nothing first."""

    greet: bool = True


@dataclass(frozen=True, slots=True)
class CallerSpeech:
    """The engine confirmed speech that began at `sample`. A higher `epoch` than before: the gate closed."""

    sample: int
    epoch: int


@dataclass(frozen=True, slots=True)
class CallerSilence:
    """The caller's last voiced sample; `silent_s` is how long ago that was when the engine was sure of it."""

    sample: int
    silent_s: float = 0.0


@dataclass(frozen=True, slots=True)
class GateShut:
    """The gate closed: nothing after `played` has been heard."""

    epoch: int
    played: int
    timeline: int


@dataclass(frozen=True, slots=True)
class PartialText:
    """A partial transcript; it replaces the one before. Without a confidence (0..1) it is a guess.

    `end_of_turn` (0..1): how sure the recogniser is that the caller is done; `language`: a tag; `speaker`: a
    label of the voice, from a recogniser that tells them apart.
    """

    text: str
    confidence: float | None = None
    end_of_turn: float | None = None
    language: str | None = None
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class FinalText:
    """A final transcript; empty when nothing was understood. The samples say of which speech, if known."""

    text: str
    confidence: float | None = None
    start_sample: int | None = None
    end_sample: int | None = None
    end_of_turn: float | None = None  # as with a partial
    language: str | None = None
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class ModelToken:
    """A piece of the answer's text."""

    turn: int
    text: str


@dataclass(frozen=True, slots=True)
class ModelDone:
    """The answer's text is complete."""

    turn: int
    end_call: bool = False


@dataclass(frozen=True, slots=True)
class ModelFailed:
    """The language model broke off."""

    turn: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ToolStarted:
    """A tool runs for at most `timeout_s`; what was said so far is spoken meanwhile, and its `messages`.

    The conditions of those are on `arguments`.
    """

    turn: int
    name: str
    timeout_s: float
    messages: tuple[ToolMessage, ...] = ()
    arguments: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ToolFinished:
    """A tool has answered."""

    turn: int
    name: str


@dataclass(frozen=True, slots=True)
class WordAt:
    """A word and the sample, from its phrase's start, at which it begins."""

    word: str
    at_sample: int


@dataclass(frozen=True, slots=True)
class AudioWritten:
    """`samples` more of a phrase are in the playout ring.

    `levels`: of each 10 ms of the phrase whose last sample is known by now the level in dB over one unit of
    amplitude, behind those told before; they may run ahead of the samples, and may be absent.
    """

    turn: int
    phrase: int
    samples: int
    words: tuple[WordAt, ...] = ()
    levels: bytes = b""


@dataclass(frozen=True, slots=True)
class PhraseWritten:
    """The phrase is in the ring whole."""

    turn: int
    phrase: int


@dataclass(frozen=True, slots=True)
class SpeechFailed:
    """The synthesizer broke off in this phrase."""

    turn: int
    phrase: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PlayedTo:
    """`played` samples have been sent, the last of them at `timeline`."""

    played: int
    timeline: int


@dataclass(frozen=True, slots=True)
class SpeechDoubted:
    """No voice is in the speech that began at `sample`; `probability` (0..1) of one, at the highest."""

    sample: int
    probability: float


@dataclass(frozen=True, slots=True)
class SoundJudged:
    """How likely (0..1) the sound before the pause at `sample` says that the caller's turn is over."""

    sample: int
    complete: float


@dataclass(frozen=True, slots=True)
class EndpointingAdvised:
    """The endpointing server's answer to `AskEndpointing(text)`: a wait in seconds, or None: it failed."""

    text: str
    wait_s: float | None


@dataclass(frozen=True, slots=True)
class AnswerExpected:
    """The model says what the caller is asked for."""

    expectation: Expectation


@dataclass(frozen=True, slots=True)
class LineHeld:
    """The far side put the call on hold, or took it off: while held nothing is heard or said."""

    held: bool


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The caller talks with somebody else, or is back: what lasts is not the assistant's call then."""

    away: bool


@dataclass(frozen=True, slots=True)
class Hushed:
    """Be silent: what is being said stops, and nothing is answered or begun until `on` is False again.

    What an operator wants said meanwhile waits; what the caller says is kept.
    """

    on: bool


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """One DTMF digit."""

    digit: str


@dataclass(frozen=True, slots=True)
class SayRequest:
    """An operator's sentence. `interrupt` cuts what is being said, otherwise it waits its turn.

    One that is `protected` cannot be interrupted by the caller. `end_code`: what the call ends with if
    `end_call` ends it; None: that the assistant has hung up.
    """

    text: str
    interrupt: bool = False
    end_call: bool = False
    protected: bool = False
    end_code: EndCode | None = None


@dataclass(frozen=True, slots=True)
class Respond:
    """The model is to go on with the conversation, or with `first_message` it is greeted as the plan says.

    It waits until nobody speaks.
    """

    first_message: bool = False


@dataclass(frozen=True, slots=True)
class SettingsChanged:
    """Another assistant leads from now on."""

    settings: TurnSettings


@dataclass(frozen=True, slots=True)
class CallEnded:
    """The call is over: settle what was said and heard."""


TurnInput: TypeAlias = (
    CallStarted
    | CallerSpeech
    | CallerSilence
    | GateShut
    | PartialText
    | FinalText
    | ModelToken
    | ModelDone
    | ModelFailed
    | ToolStarted
    | ToolFinished
    | AudioWritten
    | PhraseWritten
    | SpeechFailed
    | PlayedTo
    | SpeechDoubted
    | SoundJudged
    | EndpointingAdvised
    | AnswerExpected
    | LineHeld
    | HandedOver
    | Hushed
    | KeyPressed
    | SayRequest
    | Respond
    | SettingsChanged
    | CallEnded
)
