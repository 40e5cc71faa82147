"""Finals come in the order of their utterances, whichever process is quicker."""

from __future__ import annotations

import json
from itertools import count
from typing import cast

import trio
from trio.testing import MockClock

from aywa.ports.stt import Final
from aywa.providers.embedded_session import EmbeddedSession
from aywa.providers.recogniser_process import Answer, RecogniserProcess
from aywa.providers.recogniser_wire import FrameKind


class Process:
    """Answers when the test says so."""

    lost = False
    crowded = False

    def __init__(self) -> None:
        self.answers: list[Answer] = []

    @property
    def busy(self) -> int:
        return len(self.answers)

    def begin(self, utterance: int, phrases: tuple[str, ...], gain: float, answer: Answer) -> None:
        self.answers.append(answer)

    def feed(self, utterance: int, pcm: bytes) -> None:
        """Nobody listens."""

    def end(self, utterance: int) -> None:
        """The test answers."""

    def say(self, text: str) -> None:
        """The result of the oldest utterance."""
        result = {"text": text, "confidence": 0.9, "level_db": -20.0}
        self.answers.pop(0)(FrameKind.RESULT, json.dumps(result).encode())

    def die(self) -> None:
        """Every utterance is answered with nothing."""
        while self.answers:
            self.answers.pop(0)(FrameKind.RESULT, b"")


def speak(session: EmbeddedSession, start: int) -> None:
    session.speech_started(start)
    session.speech_stopped(start + 800)


async def heard(session: EmbeddedSession) -> list[str]:
    """The finals that are there."""
    texts: list[str] = []
    events = session.events()
    with trio.move_on_after(1):
        async for event in events:
            assert isinstance(event, Final)
            texts.append(f"{event.started_at_sample}:{event.text}")
    return texts


async def test_a_quicker_process_waits_for_the_utterance_before(autojump_clock: MockClock) -> None:
    slow, quick = Process(), Process()
    session = EmbeddedSession(cast("list[RecogniserProcess]", [slow, quick]), count(1))
    session.expect(("one", "two"))
    speak(session, 1000)
    speak(session, 3000)
    session.expect(())
    speak(session, 5000)  # nothing is expected: understood as nothing, in its turn
    quick.say("two")
    assert await heard(session) == []
    slow.say("one")
    assert await heard(session) == ["1000:one", "3000:two", "5000:"]


async def test_a_death_does_not_hold_up_what_comes_after(autojump_clock: MockClock) -> None:
    dying, other = Process(), Process()
    session = EmbeddedSession(cast("list[RecogniserProcess]", [dying, other]), count(1))
    session.expect(("one",))
    speak(session, 1000)
    speak(session, 3000)
    other.say("one")
    session.speech_started(5000)  # at the one that dies while the caller still speaks
    dying.answers.reverse()
    dying.die()
    session.speech_stopped(6000)
    other.die()
    assert await heard(session) == ["1000:", "3000:one", "5000:"]
