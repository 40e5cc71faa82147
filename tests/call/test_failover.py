"""Whole calls over chains of providers that fail: what the caller hears of it."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from random import Random

import pytest
import trio

from aywa.media.events import PcmReady
from aywa.ports.stt import Transcriber
from aywa.providers.failover.chains import model_chain, synthesizer_chain, transcriber_chain
from aywa.providers.failover.route import Health, Route
from aywa.turn.states import State
from tests.kit.call_world import NOT_AHEAD, CallWorld, Person, happens
from tests.kit.coded_speech import Code
from tests.kit.faulty_providers import FaultyModel, FaultyTranscriber, FaultyVoice, Kind

SECONDS = 20  # seeds of each fault at each stage
LONG = replace(NOT_AHEAD, max_duration_s=100_000.0)
RATE_HZ = 8000
FRAME = 160


def answer(number: int) -> str:
    """The n-th answer: words that no other one has, but for a few that all have."""
    return (
        f"Alpha{number} is what begins here. Then bravo{number} comes along with charlie{number}, as it does."
        f" And delta{number} ends it."
    )


@dataclass
class Faults:
    """Two routes of each stage, the first of which fails, around one caller."""

    marks: bool = True
    repeats: bool = False
    code: Code = field(default_factory=Code)
    health: Health = field(default_factory=Health)
    expected: list[str] = field(default_factory=list)
    uttered: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.models = [
            FaultyModel("a/llm", answer),
            FaultyModel("b/llm", answer, first_s=0.25, repeats=self.repeats),
        ]
        self.voices = [
            FaultyVoice("a/voice", self.code, 400, marks=self.marks),
            FaultyVoice("b/voice", self.code, 300, marks=self.marks),
        ]
        self.ears = [FaultyTranscriber("a/ears", self.code), FaultyTranscriber("b/ears", self.code)]
        self.world = CallWorld(settings=LONG)
        self.world.model = model_chain([Route(m.name, m) for m in self.models], self.health)  # type: ignore[assignment]
        self.world.tts = synthesizer_chain([Route(v.name, v) for v in self.voices], self.health)  # type: ignore[assignment]
        routes: list[Route[Transcriber]] = [Route(e.name, e) for e in self.ears]
        self.world.stt = transcriber_chain(routes, self.health)  # type: ignore[assignment]

    @asynccontextmanager
    async def call(self) -> AsyncIterator[Person]:
        """A call whose greeting was heard."""
        async with self.world.call() as person:
            await person.listens()
            self.expected += _plain(answer(0))
            yield person
            person.session.remote_hangs_up()

    async def says(self, person: Person, text: str) -> None:
        """The caller speaks coded words; the VAD notices 0.1 s after they began, and after they ended."""
        self.uttered.append(text)
        for word in text.split():
            self.code.level(word)
        pcm, _ = self.code.speak(text, 600, scale=2)
        leg = person.leg
        for number, start in enumerate(range(0, len(pcm), 4 * FRAME)):
            if number == 5:
                leg.speech_started()
            await trio.sleep(0.02)
            leg.uplink.append((pcm[start : start + 4 * FRAME], leg.timeline))
            leg.emit(PcmReady())
        leg.speech_stopped()

    async def turn(self, person: Person, number: int) -> None:
        """One question and its answer."""
        await self.says(person, f"question{number} please")
        await happens(lambda: person.state is not State.LISTENING, 10)
        await person.until(State.LISTENING, 60)
        self.expected += _plain(answer(number))

    def forget(self) -> None:
        """Nobody knows that anything ever failed."""
        self.health.__init__()  # type: ignore[misc]

    def heard(self, person: Person) -> list[str]:
        """Each word, half ones in brackets."""
        return self.code.heard(bytes(person.leg.sent), {voice.per_character for voice in self.voices})

    def said(self) -> list[str]:
        """What the caller was understood to say."""
        return [text for role, text in self.world.said() if role == "user"]

    def switches(self, stage: str) -> list[dict[str, object]]:
        """The entries of the timeline."""
        return [entry for entry in self.world.entries("provider.switched") if entry["stage"] == stage]


def _plain(text: str) -> list[str]:
    return [word.strip(".,").lower() for word in text.split()]


def gaps(person: Person) -> list[tuple[float, float]]:
    """Silences between two frames of speech: when they begin and how long they last, in seconds."""
    found = []
    end = 0
    for at, samples in person.leg.audible:
        if at > end:
            found.append((end / RATE_HZ, (at - end) / RATE_HZ))
        end = at + samples
    return found


@pytest.mark.parametrize("marks", [True, False], ids=["marks", "no-marks"])
@pytest.mark.parametrize("kind", Kind, ids=lambda kind: kind.name)
async def test_the_voice_fails(autojump_clock: trio.testing.MockClock, kind: Kind, marks: bool) -> None:
    world, random = Faults(marks=marks), Random(kind.name)
    voice = world.voices[0]
    async with world.call() as person:
        for number in range(1, SECONDS + 1):
            skipped = random.randrange(3)
            voice.trouble.faults = deque([*[None] * skipped, (kind, random.randrange(1, 12))])
            paces = world.health.paces
            world.forget()
            world.health.paces = paces
            await world.turn(person, number)
        assert world.heard(person) == world.expected
    assert len(voice.trouble.struck) == SECONDS
    assert len(world.switches("tts")) == SECONDS
    judge(world, person, voice.trouble.struck)


@pytest.mark.parametrize("repeats", [False, True], ids=["goes-on", "begins-anew"])
@pytest.mark.parametrize("kind", Kind, ids=lambda kind: kind.name)
async def test_the_model_fails(autojump_clock: trio.testing.MockClock, kind: Kind, repeats: bool) -> None:
    world, random = Faults(repeats=repeats), Random(kind.name)
    model = world.models[0]
    async with world.call() as person:
        for number in range(1, SECONDS + 1):
            model.trouble.faults = deque([(kind, random.randrange(1, 16))])
            world.forget()
            await world.turn(person, number)
        assert world.heard(person) == world.expected
    assert len(model.trouble.struck) == SECONDS
    assert len(world.switches("llm")) == SECONDS
    judge(world, person, model.trouble.struck)


def judge(world: Faults, person: Person, struck: list[float]) -> None:
    """Nobody waits long."""
    assert max(length for _, length in answer_gaps(person)) <= 2.5
    failed = [entry for entry in world.world.seen if entry.kind == "provider.failed"]
    assert len(failed) == len(struck)


def answer_gaps(person: Person) -> list[tuple[float, float]]:
    """Without those in which the caller speaks, which take about a second and a half each."""
    return [(begin, length - 1.6) for begin, length in gaps(person)]
