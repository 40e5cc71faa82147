"""The states of a conversation and every transition between them: the docs draw these tables."""

from __future__ import annotations

from enum import Enum

from aywa.turn.events import Cause


class State(Enum):
    """Whose turn it is."""

    CREATED = "nobody can hear anybody yet"
    LISTENING = "it is the caller's turn"
    THINKING = "an answer is being made; none of it was heard"
    SPEAKING = "an answer is being heard"
    YIELDED = "the gate has cut the answer; whether the caller meant it is open"
    CLOSING = "the last words are being heard"
    ENDED = "the conversation is over"


class Wakeup(Enum):
    """Why the manager wants to be woken."""

    INTERRUPTION = "the sound is over and no word came, or the voice lasts long enough"
    BACKOFF = "the pause after an interruption"
    ENDPOINTING = "the caller's pause, or a transcript that does not come"
    KEYPAD = "the pause after a key"
    FILLER = "a tool that takes its time"
    ANSWER = "model, synthesizer or marks have been silent"
    CLOSING = "the farewell's bound"
    LIMIT = "silence or the longest duration"


_ALIVE = (State.THINKING, State.SPEAKING, State.YIELDED)

TRANSITIONS: frozenset[tuple[State, Cause, State]] = frozenset(
    [
        (State.CREATED, Cause.CALL_STARTED, State.LISTENING),
        (State.CREATED, Cause.CALL_STARTED, State.THINKING),
        (State.LISTENING, Cause.TURN_TAKEN, State.THINKING),
        (State.LISTENING, Cause.AMENDED, State.THINKING),
        (State.LISTENING, Cause.NOTHING_SAID, State.THINKING),
        (State.LISTENING, Cause.OPERATOR, State.THINKING),
        (State.LISTENING, Cause.OPERATOR, State.CLOSING),
        (State.LISTENING, Cause.SILENCE, State.THINKING),
        (State.LISTENING, Cause.SILENCE, State.CLOSING),
        (State.LISTENING, Cause.MAX_DURATION, State.CLOSING),
        (State.LISTENING, Cause.SPEECH_FAILED, State.THINKING),
        (State.LISTENING, Cause.MODEL_SILENT, State.THINKING),
        (State.LISTENING, Cause.MODEL_SILENT, State.CLOSING),
        (State.LISTENING, Cause.SPEECH_FAILED, State.ENDED),
        (State.LISTENING, Cause.SPEECH_SILENT, State.THINKING),
        (State.LISTENING, Cause.SPEECH_SILENT, State.ENDED),
        (State.THINKING, Cause.FIRST_AUDIO, State.SPEAKING),
        (State.THINKING, Cause.SPEECH_STARTED, State.YIELDED),
        (State.SPEAKING, Cause.SPEECH_STARTED, State.YIELDED),
        (State.YIELDED, Cause.NOTHING_SAID, State.THINKING),
        (State.YIELDED, Cause.NOTHING_SAID, State.SPEAKING),
        (State.YIELDED, Cause.NOTHING_SAID, State.CLOSING),
        (State.YIELDED, Cause.NO_VOICE, State.THINKING),
        (State.YIELDED, Cause.NO_VOICE, State.SPEAKING),
        (State.YIELDED, Cause.NO_VOICE, State.CLOSING),
        (State.YIELDED, Cause.NO_WORDS, State.THINKING),
        (State.YIELDED, Cause.NO_WORDS, State.SPEAKING),
        (State.YIELDED, Cause.NO_WORDS, State.CLOSING),
        (State.YIELDED, Cause.BACKCHANNEL, State.THINKING),
        (State.YIELDED, Cause.BACKCHANNEL, State.SPEAKING),
        (State.YIELDED, Cause.BACKCHANNEL, State.CLOSING),
        (State.YIELDED, Cause.TRANSCRIPT, State.LISTENING),
        (State.YIELDED, Cause.ANSWER_PLAYED, State.LISTENING),
        (State.YIELDED, Cause.ANSWER_PLAYED, State.ENDED),
        (State.THINKING, Cause.LATE_TRANSCRIPT, State.LISTENING),
        (State.SPEAKING, Cause.LATE_TRANSCRIPT, State.LISTENING),
        (State.SPEAKING, Cause.VOICE, State.LISTENING),
        (State.THINKING, Cause.AMENDED, State.LISTENING),
        (State.THINKING, Cause.NOTHING_TO_SAY, State.LISTENING),
        (State.THINKING, Cause.NOTHING_TO_SAY, State.ENDED),
        (State.YIELDED, Cause.NOTHING_TO_SAY, State.LISTENING),
        (State.YIELDED, Cause.NOTHING_TO_SAY, State.ENDED),
        (State.SPEAKING, Cause.ANSWER_PLAYED, State.LISTENING),
        (State.THINKING, Cause.PLAYOUT_LOST, State.LISTENING),
        (State.SPEAKING, Cause.PLAYOUT_LOST, State.LISTENING),
        (State.THINKING, Cause.END_CALL, State.CLOSING),
        (State.SPEAKING, Cause.END_CALL, State.CLOSING),
        (State.THINKING, Cause.MODEL_FAILED, State.CLOSING),
        (State.SPEAKING, Cause.MODEL_FAILED, State.CLOSING),
        (State.CLOSING, Cause.ANSWER_PLAYED, State.ENDED),
        (State.CLOSING, Cause.PLAYOUT_LOST, State.ENDED),
        (State.CLOSING, Cause.CLOSING_BOUND, State.ENDED),
        (State.CLOSING, Cause.SPEECH_FAILED, State.ENDED),
        (State.CLOSING, Cause.SPEECH_SILENT, State.ENDED),
    ]
    + [
        (state, cause, State.LISTENING)
        for state in _ALIVE
        for cause in (
            *(Cause.DIGIT, Cause.OPERATOR, Cause.HUSHED, Cause.HANDED_OVER),
            *(Cause.MAX_DURATION, Cause.SPEECH_FAILED),
        )
    ]
    + [
        (state, cause, State.LISTENING)
        for state in (State.THINKING, State.SPEAKING)
        for cause in (Cause.MODEL_SILENT, Cause.SPEECH_SILENT)
    ]
    + [(state, Cause.CALL_ENDED, State.ENDED) for state in State if state is not State.ENDED]
)
