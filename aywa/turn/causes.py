"""Why a turn is taken, and what led to each transition and action."""

from __future__ import annotations

from enum import Enum


class Trigger(Enum):
    """Why the assistant takes a turn."""

    GREETING = "the call was answered"
    USER = "the caller has said something"
    OPERATOR = "an operator asked for a sentence"
    SILENCE = "the caller has been silent"
    APOLOGY = "a provider failed"
    REPROMPT = "the caller was not understood"
    FAREWELL = "a limit ends the call"


class Unused(Enum):
    """Why an answer that was made ahead is dropped."""

    OTHER_WORDS = "the caller has said something else"
    NO_TURN = "the caller's turn came to nothing, or something else is said first"
    NOT_NOW = "hold, hush, keys or an assistant that speaks: nothing may be answered"
    CALL_ENDED = "the call is over"
    STALE = "the conversation has changed since it was begun"
    FAILED = "the model failed, which only means that there is none"


class Cause(Enum):
    """What led to a transition or an action; the label on the edges of the drawing."""

    CALL_STARTED = "the call was answered"
    SPEECH_STARTED = "the caller began to speak and the gate closed"
    TRANSCRIPT = "words were understood while the assistant was cut"
    LATE_TRANSCRIPT = "words came although the gate was open"
    TURN_TAKEN = "the caller has finished a turn"
    NO_VOICE = "no voice is in what was taken for speech"
    NO_WORDS = "the sound is over, or long, and no words came"
    VOICE = "the caller's voice lasted as long as takes the floor"
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
    HANDED_OVER = "the caller talks with somebody else"
    SILENCE = "the caller has been silent"
    MAX_DURATION = "the call has lasted as long as it may"
    CLOSING_BOUND = "the farewell took too long"
    CALL_ENDED = "the call is over"
