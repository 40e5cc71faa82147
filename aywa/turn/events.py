"""What goes into the turn manager and what comes out of it.

Positions: `sample` and `timeline` are samples of 8 kHz on the leg's timeline (the recording's frame index);
`played` counts speech samples sent since the leg began, silence left out. `turn` counts from 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from aywa.errors import EndCode


class Trigger(Enum):
    """Why the assistant takes a turn."""

    GREETING = "the call was answered"
    USER = "the caller has said something"
    OPERATOR = "an operator asked for a sentence"
    SILENCE = "the caller has been silent"
    APOLOGY = "a provider failed"
    REPROMPT = "the caller was not understood"
    FAREWELL = "a limit ends the call"


class Cause(Enum):
    """What led to a transition or an action; the label on the edges of the drawing."""

    CALL_STARTED = "the call was answered"
    SPEECH_STARTED = "the caller began to speak and the gate closed"
    TRANSCRIPT = "words were understood while the assistant was cut"
    LATE_TRANSCRIPT = "words came although the gate was open"
    TURN_TAKEN = "the caller has finished a turn"
    NO_VOICE = "no voice is in what was taken for speech"
    NOTHING_SAID = "speech was heard and nothing was understood"
    BACKCHANNEL = "the caller only acknowledged"
    AMENDED = "the final transcript differs from the partial that was answered"
    FIRST_AUDIO = "the first sample of the answer was played"
    ANSWER_PLAYED = "every sample of the answer was played"
    PLAYOUT_LOST = "marks stopped coming; by the samples written the answer is over"
    NOTHING_TO_SAY = "the model answered with nothing"
    END_CALL = "the model asked for a hang-up"
    MODEL_FAILED = "the language model failed"
    MODEL_SILENT = "the language model stopped answering"
    SPEECH_FAILED = "the synthesizer failed"
    SPEECH_SILENT = "the synthesizer stopped answering"
    DIGIT = "a key was pressed"
    OPERATOR = "an operator asked for a sentence"
    HUSHED = "the assistant was told to be silent"
    SILENCE = "the caller has been silent"
    MAX_DURATION = "the call has lasted as long as it may"
    CLOSING_BOUND = "the farewell took too long"
    CALL_ENDED = "the call is over"


class Unused(Enum):
    """Why an answer that was made ahead is dropped."""

    OTHER_WORDS = "the caller has said something else"
    NO_TURN = "the caller's turn came to nothing, or something else is said first"
    NOT_NOW = "hold, hush, keys or an assistant that speaks: nothing may be answered"
    CALL_ENDED = "the call is over"
    STALE = "the conversation has changed since it was begun"
    FAILED = "the model failed, which only means that there is none"
    BUDGET = "it would cost more than the call may spend"


# --- inputs -----------------------------------------------------------------------------------------------


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
    """A partial transcript; it replaces the one before. Without a confidence (0..1) it is a guess."""

    text: str
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class FinalText:
    """A final transcript; empty when nothing was understood. The samples say of which speech, if known."""

    text: str
    confidence: float | None = None
    start_sample: int | None = None
    end_sample: int | None = None


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
    """A tool runs for at most `timeout_s`; what was said so far is spoken meanwhile."""

    turn: int
    name: str
    timeout_s: float


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
    """`samples` more of a phrase are in the playout ring."""

    turn: int
    phrase: int
    samples: int
    words: tuple[WordAt, ...] = ()


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
    """An operator's sentence. `interrupt` cuts what is being said, otherwise it waits its turn."""

    text: str
    interrupt: bool = False
    end_call: bool = False


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
    | LineHeld
    | HandedOver
    | Hushed
    | KeyPressed
    | SayRequest
    | CallEnded
)


# --- actions ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StartGeneration:
    """Open an assistant turn. With `scripted` there is no model: its phrases follow as `Speak` at once.

    `speculation`: the answer made ahead that becomes this turn's, if it is still good.
    """

    turn: int
    trigger: Trigger
    scripted: bool = False
    speculation: int | None = None


@dataclass(frozen=True, slots=True)
class Speculate:
    """Make an answer to this text ahead, unheard: it may turn out to be all that the caller says."""

    speculation: int
    text: str


@dataclass(frozen=True, slots=True)
class DropSpeculation:
    """Stop it: nothing of it is ever heard, run or remembered."""

    speculation: int
    why: Unused


@dataclass(frozen=True, slots=True)
class CancelGeneration:
    """Stop model, synthesizer and playout feed of this turn; running tools go on to their end."""

    turn: int
    why: Cause


@dataclass(frozen=True, slots=True)
class Yield:
    """The gate closed on this turn: whether the caller meant it is not known yet."""

    turn: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Resume:
    """Open the gate without a flush; a turn that was cut goes on at the exact sample."""

    epoch: int
    turn: int | None = None


@dataclass(frozen=True, slots=True)
class Commit:
    """Drop what was not played and open the gate."""

    epoch: int


@dataclass(frozen=True, slots=True)
class Speak:
    """Synthesize and play this phrase after the ones before it."""

    turn: int
    phrase: int
    text: str


@dataclass(frozen=True, slots=True)
class Truncate:
    """The turn was cut: the caller heard `heard`, and its audio stopped at `sample` of the timeline.

    The decision came later than that. None: not a sample of the turn was played.
    """

    turn: int
    heard: str
    sample: int | None


@dataclass(frozen=True, slots=True)
class EndTurn:
    """The assistant turn is over; `heard` enters context and transcript. Samples are on the timeline."""

    turn: int
    trigger: Trigger
    heard: str
    interrupted: bool
    start_sample: int | None
    end_sample: int | None


@dataclass(frozen=True, slots=True)
class UserSaid:
    """The caller's words. `counts` is False for a backchannel: transcript, but not context."""

    text: str
    start_sample: int | None
    end_sample: int | None
    counts: bool = True


@dataclass(frozen=True, slots=True)
class UserAmended:
    """The last user message of the context should read so."""

    text: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call now: everything that had to be heard has been heard."""

    code: EndCode
    why: Cause


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision with its inputs and thresholds, for the timeline."""

    kind: str
    data: Mapping[str, object] = field(default_factory=dict)


TurnAction: TypeAlias = (
    StartGeneration
    | Speculate
    | DropSpeculation
    | CancelGeneration
    | Yield
    | Resume
    | Commit
    | Speak
    | Truncate
    | EndTurn
    | UserSaid
    | UserAmended
    | HangUp
    | Decided
)
