"""When the caller has finished."""

from __future__ import annotations

import re

import pytest

from aywa.turn.endpointing import (
    TRANSITIONS,
    Correction,
    Endpointer,
    EndpointResult,
    EndpointState,
    NothingSaid,
    UserTurn,
    Why,
    normalised,
)
from aywa.turn.settings import TurnSettings

_DECISIONS = (UserTurn, NothingSaid, Correction)
SETTINGS = TurnSettings(wait_s=0.5, final_timeout_s=2.0, noise_timeout_s=15.0, max_utterance_s=60.0)

# (seconds, input, argument): what happens; then what is decided, with the second at which it was. A final may
# say between which seconds it was spoken: "1-2 a room".
Script = list[tuple[float, str, str]]


def run(script: Script, until: float = 100.0) -> list[tuple[float, EndpointResult]]:
    """Play a script; timers fire at their deadlines."""
    endpointer = Endpointer(SETTINGS)
    decided: list[tuple[float, EndpointResult]] = []

    def at(now: float) -> None:
        results = (each for each in endpointer.results() if isinstance(each, _DECISIONS))
        decided.extend((round(now, 3), result) for result in results)

    seen: set[tuple[EndpointState, str, EndpointState]] = set()
    for now, name, argument in [*script, (until, "end", "")]:
        while endpointer.deadline is not None and endpointer.deadline <= now:
            due, before = endpointer.deadline, endpointer.state
            endpointer.handle_timers(due)
            seen.add((before, endpointer.cause, endpointer.state))
            at(due)
        before = endpointer.state
        match name:
            case "speech":
                endpointer.speech_started(int(now * 8000), now)
            case "stop":
                endpointer.speech_stopped(int(now * 8000), now)
            case "partial":
                endpointer.partial(argument, now)
            case "sure":
                endpointer.partial(argument, now, sure=True)
            case "final":
                spoken = re.match(r"([\d.]*)-([\d.]*) ", argument)
                ends = [int(float(end) * 8000) if end else None for end in spoken.groups()] if spoken else ()
                endpointer.final(argument[spoken.end() if spoken else 0 :], now, *ends)
            case "keys":
                endpointer.take_keys(argument)
        if before is not endpointer.state:
            seen.add((before, endpointer.cause, endpointer.state))
        at(now)
    assert seen <= set(TRANSITIONS)
    return decided


def turn(text: str, why: Why, start: float | None, end: float | None) -> UserTurn:
    return UserTurn(
        text, why, None if start is None else int(start * 8000), None if end is None else int(end * 8000)
    )


CASES: dict[str, tuple[Script, list[tuple[float, EndpointResult]]]] = {
    "the final comes within the pause": (
        [(1, "speech", ""), (2, "stop", ""), (2.1, "final", "a room")],
        [(2.5, turn("a room", Why.FINAL, 1, 2))],
    ),
    "the final comes after the pause": (
        [(1, "speech", ""), (2, "stop", ""), (3.1, "final", "a room")],
        [(3.1, turn("a room", Why.FINAL, 1, 2))],
    ),
    "the final comes before the VAD's stop": (
        [(1, "speech", ""), (1.9, "final", "1-1.8 a room"), (2, "stop", "")],
        [(2.5, turn("a room", Why.FINAL, 1, 2))],
    ),
    "a final before the VAD's stop that does not say of what": (
        [(1, "speech", ""), (1.5, "final", "a room"), (2, "stop", ""), (2.9, "final", "for Friday")],
        [(2.9, turn("a room for Friday", Why.FINAL, 1, 2))],
    ),
    "the final of what was said before the pause comes when speech has resumed": (
        [
            (1, "speech", ""),
            (2, "stop", ""),
            (2.3, "speech", ""),
            (2.4, "final", "1-2 Friday"),
            (3, "stop", ""),
            (3.9, "final", "2.3-3 for three nights"),
        ],
        [(3.9, turn("Friday for three nights", Why.FINAL, 1, 3))],
    ),
    "the same from a recogniser without positions": (
        [
            (1, "speech", ""),
            (2, "stop", ""),
            (2.3, "speech", ""),
            (2.4, "final", "Friday"),
            (3, "stop", ""),
            (3.9, "final", "for three nights"),
        ],
        [(3.9, turn("Friday for three nights", Why.FINAL, 1, 3))],
    ),
    "the final of what was said before the pause comes behind the last word": (
        [
            (1, "speech", ""),
            (2, "stop", ""),
            (2.3, "speech", ""),
            (3, "stop", ""),
            (3.1, "final", "-2 Friday"),
            (3.9, "final", "2.3- for three nights"),
        ],
        [(3.9, turn("Friday for three nights", Why.FINAL, 1, 3))],
    ),
    "nothing was understood before the pause": (
        [
            (1, "speech", ""),
            (2, "stop", ""),
            (2.3, "speech", ""),
            (3, "stop", ""),
            (3.1, "final", "1-2 "),
            (3.2, "final", "2.3-3 Friday"),
        ],
        [(3.5, turn("Friday", Why.FINAL, 1, 3))],
    ),
    "speech resumes during the pause": (
        [
            (1, "speech", ""),
            (2, "stop", ""),
            (2.1, "final", "a room"),
            (2.3, "speech", ""),
            (3, "stop", ""),
            (3.1, "final", "for Friday"),
        ],
        [(3.5, turn("a room for Friday", Why.FINAL, 1, 3))],
    ),
    "nothing was understood": (
        [(1, "speech", ""), (1.2, "stop", ""), (1.3, "final", "")],
        [(1.3, NothingSaid(Why.EMPTY, 0.2))],
    ),
    "words, then a cough": (
        [
            (1, "speech", ""),
            (2, "stop", ""),
            (2.1, "final", "a room"),
            (2.3, "speech", ""),
            (2.4, "stop", ""),
            (2.5, "final", ""),
        ],
        [(2.9, turn("a room", Why.FINAL, 1, 2.4))],
    ),
    "the recogniser never answers": (
        [(1, "speech", ""), (2, "stop", "")],
        [(4.0, NothingSaid(Why.NO_TRANSCRIPT, 1.0))],
    ),
    "only a partial comes": (
        [(1, "speech", ""), (1.5, "partial", "a ro"), (1.8, "partial", "a room"), (2, "stop", "")],
        [(4.0, turn("a room", Why.PARTIAL, 1, 2))],
    ),
    "only a partial comes, of which the recogniser is sure": (
        [(1, "speech", ""), (1.8, "sure", "a room"), (2, "stop", "")],
        [(3.0, turn("a room", Why.PARTIAL, 1, 2))],
    ),
    "a sure partial becomes a guess": (
        [(1, "speech", ""), (1.8, "sure", "a room"), (2, "stop", ""), (2.1, "partial", "a broom")],
        [(4.0, turn("a broom", Why.PARTIAL, 1, 2))],
    ),
    "the final comes after all to a turn taken from a sure partial": (
        [(1, "speech", ""), (1.8, "sure", "a room"), (2, "stop", ""), (3.2, "final", "a broom")],
        [(3.0, turn("a room", Why.PARTIAL, 1, 2)), (3.2, Correction("a broom", "a room"))],
    ),
    "the final of a turn taken from its partial is the same": (
        [(1, "speech", ""), (1.8, "partial", "a room"), (2, "stop", ""), (4.5, "final", "A room.")],
        [(4.0, turn("a room", Why.PARTIAL, 1, 2))],
    ),
    "the final of a turn taken from its partial differs": (
        [(1, "speech", ""), (1.8, "partial", "a room"), (2, "stop", ""), (4.5, "final", "a broom")],
        [(4.0, turn("a room", Why.PARTIAL, 1, 2)), (4.5, Correction("a broom", "a room"))],
    ),
    "a double final": (
        [(1, "speech", ""), (2, "stop", ""), (2.1, "final", "yes"), (2.6, "final", "Yes.")],
        [(2.5, turn("yes", Why.FINAL, 1, 2))],
    ),
    "the same word said twice": (
        [
            (1, "speech", ""),
            (2, "stop", ""),
            (2.1, "final", "yes"),
            (3, "speech", ""),
            (4, "stop", ""),
            (4.1, "final", "yes"),
        ],
        [(2.5, turn("yes", Why.FINAL, 1, 2)), (4.5, turn("yes", Why.FINAL, 3, 4))],
    ),
    "words that the VAD missed": (
        [(1, "final", "hello")],
        [(1.5, turn("hello", Why.FINAL, None, None))],
    ),
    "an empty final out of nowhere": ([(1, "final", " ")], []),
    "noise holds the VAD open": (
        [(1, "speech", "")],
        [(16.0, NothingSaid(Why.NOISE))],
    ),
    "a caller who does not stop": (
        [(1, "speech", ""), (10, "final", "and then")],
        [(61.0, turn("and then", Why.UTTERANCE, 1, None))],
    ),
    "keys": ([(1, "keys", "12")], [(1, turn("12", Why.KEYPAD, None, None))]),
    "keys while speaking": (
        [(1, "speech", ""), (1.5, "partial", "my number is"), (2, "keys", "12")],
        [(2, turn("my number is 12", Why.KEYPAD, 1, None))],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_decision(name: str) -> None:
    script, decided = CASES[name]
    assert run(script) == decided


def test_the_wait_counts_from_the_last_voiced_sample() -> None:
    """The VAD is sure of the silence 450 ms late; that time is part of the pause, not added to it."""
    endpointer = Endpointer(SETTINGS)
    endpointer.speech_started(0, 1.0)
    endpointer.final("a room", 1.5, 0, 8000)
    endpointer.speech_stopped(8000, 2.45, silent_s=0.45)
    assert endpointer.deadline == pytest.approx(2.5)


def test_what_was_pending_is_there_at_the_end() -> None:
    endpointer = Endpointer(SETTINGS)
    endpointer.speech_started(8000, 1.0)
    endpointer.partial("my name is", 2.0)
    last = endpointer.close()
    assert last is not None
    assert (last.text, last.start_sample, last.end_sample) == ("my name is", 8000, None)
    assert endpointer.close() is None


def test_normalised() -> None:
    assert normalised("  Uh-huh,  YES. ") == "uh huh yes"
