"""Hundreds of interruptions through a whole call: the wire carries nothing of an answer that was cut."""

from __future__ import annotations

from array import array
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import trio
import trio.testing

from aywa.ports.llm import ChatEvent, ChatRequest, Done, Token
from aywa.ports.stt import Partial
from aywa.ports.tts import SpeechChunk
from aywa.turn.settings import TurnSettings
from aywa.turn.speculation_settings import SpeculationSettings
from aywa.turn.states import State
from tests.kit.call_world import CallWorld, Person
from tests.kit.fake_leg import FakeLeg
from tests.kit.fake_providers import FakeModel, FakeSynthesizer

INTERRUPTIONS = 300
LEVEL = 100  # of 32768: an answer is heard by its level, and each has one of its own


class NumberedModel(FakeModel):
    """Each answer names its number, in a word that nobody formats."""

    @asynccontextmanager
    async def stream(self, request: ChatRequest) -> AsyncIterator[AsyncIterator[ChatEvent]]:
        self.requests.append(request)
        yield self._answer("x" * len(self.requests))

    async def _answer(self, word: str) -> AsyncIterator[ChatEvent]:
        for text in (f"Well {word[:9]} ", "so let us go on for a while, and then for a while longer."):
            await trio.sleep(0.03)
            yield Token(text)
        yield Done()


class LevelledSynthesizer(FakeSynthesizer):
    """Whatever it says has the level of the answer that is being made."""

    def __init__(self, model: FakeModel) -> None:
        super().__init__()
        self._model = model

    async def _run(self, text: str) -> AsyncIterator[SpeechChunk]:
        pcm = array("h", [LEVEL * len(self._model.requests)] * 24_000).tobytes()
        for start in range(0, len(pcm), 4000):
            await trio.sleep(0.004)
            yield SpeechChunk(pcm[start : start + 4000])


async def interrupt(person: Person, rng: Random) -> None:
    """The caller coughs, acknowledges or interrupts, at any moment of the answer."""
    leg, world = person.leg, person.world
    kind = rng.choice(("cough", "uh-huh", "words", "words", "late", "key"))
    await trio.sleep(rng.uniform(0.0, 1.6))
    if kind == "key":
        leg.press("1")
        leg.press("#")
        await trio.sleep(0.1)
        return
    said = {"cough": "", "uh-huh": "uh-huh"}.get(kind, "the other room")
    world.stt.words.append(said)
    leg.speech_started()
    await trio.sleep(rng.uniform(0.1, 0.4))
    if kind in ("uh-huh", "words"):
        world.stt.sessions[0].hear(Partial(said, 0.9), rng.uniform(0, 0.2))
    leg.speech_stopped()
    if kind == "late":
        await trio.sleep(0.7)
        world.stt.sessions[0].hear(Partial(said, 0.9))
    await trio.sleep(rng.uniform(0.1, 0.9))


async def test_nothing_of_an_answer_that_was_cut_is_sent(autojump_clock: trio.testing.MockClock) -> None:
    rng = Random(5)
    model = NumberedModel()
    turn = TurnSettings(
        max_duration_s=1e6,
        silence_timeout_s=1e6,
        speculation=SpeculationSettings(
            enabled=False
        ),  # so that the number of requests is that of the answer
    )
    world = CallWorld(model=model, turn=turn)
    world.tts = LevelledSynthesizer(model)
    cuts: list[tuple[int, int]] = []  # where on the wire, and which answers are over there
    async with world.call() as person:
        leg = person.leg
        commit = leg.commit

        def noted(epoch: int) -> None:
            cuts.append((len(leg.sent) // 2, len(model.requests)))
            commit(epoch)

        leg.commit = noted  # type: ignore[method-assign]
        for _ in range(INTERRUPTIONS):
            if person.state is State.LISTENING:
                await person.says("go on", 0.3)
                await person.until(State.SPEAKING)
            await interrupt(person, rng)
        person.session.remote_hangs_up()
    assert len(cuts) > INTERRUPTIONS / 4
    check(leg, cuts)


def check(leg: FakeLeg, cuts: list[tuple[int, int]]) -> None:
    """Behind every cut there are only answers that were asked for after it."""
    sent = array("h", bytes(leg.sent))
    lowest = array("h", sent)
    for at in range(len(sent) - 2, -1, -1):
        lowest[at] = min(lowest[at], lowest[at + 1])
    for at, over in cuts:
        if at < len(sent):
            assert lowest[at] > LEVEL * over
