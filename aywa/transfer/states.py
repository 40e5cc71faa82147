"""Handing a call to a human: the states and every transition between them."""

from __future__ import annotations

from enum import Enum


class State(Enum):
    """Where a transfer is."""

    REQUESTED = "asked for; nothing was done yet"
    ANNOUNCING = "the caller is being told"
    REFERRING = "REFER was sent; its answer is awaited"
    REFERRED = "the caller's side took the REFER and calls by itself"
    DIALLING = "the colleague is being called; the caller waits with music"
    RINGING = "the colleague's phone rings"
    GREETING = "answered; the colleague is to speak first"
    BRIEFING = "the colleague is being told about the call"
    DECIDING = "briefed; to take the call or not is up to the colleague"
    REPLACING = "taken; the caller's side is asked to connect both (Replaces)"
    BRIDGED = "caller and colleague talk"
    FAREWELL = "it failed; the caller hears a last sentence"
    RETURNING = "it failed and the assistant goes on; the colleague's leg is being let go"
    LETTING_GO = "the call is over; the colleague's leg is being let go"
    RETURNED = "over: the assistant has the caller, nobody has a leg to the colleague"
    ENDED = "over: the caller is gone or handed over, no leg to the colleague is left"


class Cause(Enum):
    """What led to a transition."""

    ANNOUNCE = "there is something to tell the caller"
    TOLD = "the caller has heard it"
    NOTHING_TO_TELL = "the caller need not be told"
    RINGING = "the colleague's phone rings"
    ANSWERED = "the colleague answered"
    SPOKE = "the colleague spoke"
    BRIEFED = "the colleague knows"
    ACCEPTED = "the colleague takes the call"
    DECLINED = "the colleague declined"
    DIAL_FAILED = "the colleague was not reached"
    VOICEMAIL = "a machine answered"
    COLLEAGUE_HUNG_UP = "the colleague hung up"
    CALLER_HUNG_UP = "the caller hung up"
    COLLEAGUE_GONE = "the colleague's leg is closed"
    REFER_TAKEN = "2xx to the REFER"
    REFER_REJECTED = "300-699 to the REFER, or no answer"
    REFER_DONE = "NOTIFY: the other call is up"
    REFER_FAILED = "NOTIFY: the other call failed"
    MEDIA_LOST = "nothing is heard of the colleague's line any more"
    TIMEOUT = "it took too long"
    BROKEN = "something of ours failed"
    CALL_OVER = "the call is being ended"


class Wakeup(Enum):
    """Why the transfer wants to be woken."""

    ANNOUNCE = "the sentence to the caller took too long: go on without waiting for its end"
    REFER = "no answer to the REFER, or no final NOTIFY"
    DIAL = "the colleague does not answer"
    GREETING = "the colleague does not speak"
    BRIEFING = "the briefing does not end"
    DECISION = "the colleague does not decide"
    RELEASE = "the colleague's leg does not close: it is dropped"


OVER = (State.RETURNED, State.ENDED)
_CALLING = (State.DIALLING, State.RINGING)
_CONSULTING = (State.GREETING, State.BRIEFING, State.DECIDING)
_REFERRING = (State.REFERRING, State.REFERRED)
# Where a failure leads: back to the assistant or to a farewell, as the plan says, and whether a leg is left.
_FAILED = (State.RETURNING, State.RETURNED, State.FAREWELL)

_FAILURES: tuple[tuple[tuple[State, ...], tuple[Cause, ...]], ...] = (
    (_CALLING, (Cause.DIAL_FAILED, Cause.COLLEAGUE_GONE, Cause.TIMEOUT, Cause.BROKEN)),
    (
        _CONSULTING,
        (
            Cause.DECLINED,
            Cause.VOICEMAIL,
            Cause.COLLEAGUE_HUNG_UP,
            Cause.COLLEAGUE_GONE,
            Cause.MEDIA_LOST,
            Cause.TIMEOUT,
            Cause.BROKEN,
        ),
    ),
    ((State.REFERRING,), (Cause.REFER_REJECTED, Cause.TIMEOUT, Cause.BROKEN)),
    ((State.REFERRED,), (Cause.REFER_FAILED, Cause.TIMEOUT, Cause.BROKEN)),
    ((State.REPLACING, State.BRIDGED), (Cause.MEDIA_LOST, Cause.BROKEN)),
    # With Replaces the colleague's side hangs up on us first; then there is nobody left to connect.
    ((State.REPLACING,), (Cause.REFER_REJECTED, Cause.REFER_FAILED, Cause.TIMEOUT)),
    ((State.ANNOUNCING,), (Cause.BROKEN,)),
)
_GOING_ON = tuple(state for state in State if state not in (*OVER, State.LETTING_GO))

TRANSITIONS: frozenset[tuple[State, Cause, State]] = frozenset(
    [
        (State.REQUESTED, Cause.ANNOUNCE, State.ANNOUNCING),
        (State.RINGING, Cause.RINGING, State.RINGING),
        (State.DIALLING, Cause.RINGING, State.RINGING),
        (State.REFERRING, Cause.REFER_TAKEN, State.REFERRED),
        (State.REFERRING, Cause.REFER_DONE, State.ENDED),
        (State.REFERRED, Cause.REFER_DONE, State.ENDED),
        (State.REPLACING, Cause.REFER_TAKEN, State.REPLACING),
        (State.REPLACING, Cause.COLLEAGUE_HUNG_UP, State.REPLACING),
        (State.REPLACING, Cause.COLLEAGUE_GONE, State.REPLACING),
        (State.REPLACING, Cause.REFER_DONE, State.LETTING_GO),
        (State.REPLACING, Cause.REFER_DONE, State.ENDED),
        (State.GREETING, Cause.SPOKE, State.BRIEFING),
        (State.BRIEFING, Cause.BRIEFED, State.DECIDING),
        # Nobody's fault but the caller's side's: both are still here, so we connect them ourselves.
        (State.REPLACING, Cause.REFER_REJECTED, State.BRIDGED),
        (State.REPLACING, Cause.REFER_FAILED, State.BRIDGED),
        (State.REPLACING, Cause.TIMEOUT, State.BRIDGED),
        (State.BRIDGED, Cause.COLLEAGUE_HUNG_UP, State.ENDED),
        (State.BRIDGED, Cause.COLLEAGUE_GONE, State.ENDED),
        (State.RETURNING, Cause.COLLEAGUE_GONE, State.RETURNED),
        (State.RETURNING, Cause.TIMEOUT, State.RETURNED),
        (State.LETTING_GO, Cause.COLLEAGUE_GONE, State.ENDED),
        (State.LETTING_GO, Cause.TIMEOUT, State.ENDED),
    ]
    + [
        (state, cause, target)
        for state, causes in (
            (State.REQUESTED, (Cause.NOTHING_TO_TELL,)),
            (State.ANNOUNCING, (Cause.TOLD, Cause.TIMEOUT)),
        )
        for cause in causes
        for target in (State.REFERRING, State.DIALLING)
    ]
    + [
        (state, Cause.ANSWERED, target)
        for state in _CALLING
        for target in (State.GREETING, State.BRIEFING, State.BRIDGED)
    ]
    + [
        (state, Cause.ACCEPTED, target)
        for state in _CONSULTING
        for target in (State.BRIDGED, State.REPLACING)
    ]
    + [(State.BRIEFING, Cause.BRIEFED, target) for target in (State.BRIDGED, State.REPLACING)]
    + [
        (state, cause, target)
        for states, causes in _FAILURES
        for state in states
        for cause in causes
        for target in _FAILED
    ]
    + [
        (State.FAREWELL, cause, target)
        for cause in (Cause.TOLD, Cause.TIMEOUT)
        for target in (State.LETTING_GO, State.ENDED)
    ]
    + [
        (state, cause, target)
        for state in _GOING_ON
        for cause in (Cause.CALLER_HUNG_UP, Cause.CALL_OVER)
        for target in (State.LETTING_GO, State.ENDED)
    ]
)
