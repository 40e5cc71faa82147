"""A call over two routes of each stage, of which the first fails, and a caller who is understood by sound."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import trio

from aywa.media.events import PcmReady
from aywa.model.assistant import Assistant
from aywa.ports.stt import Transcriber
from aywa.providers.failover.chains import model_chain, synthesizer_chain, transcriber_chain
from aywa.providers.failover.route import Health, Route
from aywa.settings import CallSettings
from aywa.turn.states import State
from tests.kit.call_world import NOT_AHEAD, CallWorld, Person
from tests.kit.coded_speech import Code
from tests.kit.faulty_providers import FaultyModel, FaultyTranscriber, FaultyVoice, Trouble

SEEDS = 20  # of each fault at each stage
LONG = replace(NOT_AHEAD, max_duration_s=100_000.0, endpointing_mode="fixed")
RATE_HZ = 8000
FRAME = 160
DETECTED_S, HEARD_S, DEAD_S = 1.5, 1.0, 2.5


def answer(number: int) -> str:
    """The n-th answer: words that no other one has."""
    own = chr(97 + number // 26 % 26) + chr(97 + number % 26) + chr(97 + number // 676)
    words = ["Well", "then.", "But", "so", "it", "is.", "Bye", "now."]
    return " ".join(f"{word.rstrip('.')}{own}{'.' * word.endswith('.')}" for word in words)


@dataclass
class Faults:
    """Two routes of each stage, the first of which fails, around one caller."""

    settings: CallSettings = LONG
    assistant: Assistant | None = None
    last_resort: bool = False
    code: Code = field(default_factory=Code)
    health: Health = field(default_factory=Health)
    deaf: Trouble = field(default_factory=Trouble)
    expected: list[str] = field(default_factory=list)
    uttered: list[str] = field(default_factory=list)
    stopped: list[float] = field(default_factory=list)  # when the caller had said it

    def __post_init__(self) -> None:
        self.models = [FaultyModel("a/llm", answer), FaultyModel("b/llm", answer, first_s=0.25)]
        self.voices = [FaultyVoice("a/voice", self.code, 120), FaultyVoice("b/voice", self.code, 90)]
        self.ears = [FaultyTranscriber(f"{name}/ears", self.code, self.deaf) for name in "abc"]
        self.world = CallWorld(settings=self.settings, assistant=self.assistant)
        self.world.model = model_chain([Route(m.name, m) for m in self.models], self.health)
        self.embedded = FaultyVoice("embedded", self.code, 100)
        resort = self.embedded if self.last_resort else None
        self.world.tts = synthesizer_chain([Route(v.name, v) for v in self.voices], self.health, resort)
        routes: list[Route[Transcriber]] = [Route(e.name, e) for e in self.ears]
        self.world.stt = transcriber_chain(routes, self.health)

    @asynccontextmanager
    async def call(self) -> AsyncIterator[Person]:
        """A call whose greeting was heard."""
        async with self.world.call() as person:
            await person.listens()
            self.expected += _plain(answer(0))
            yield person
            person.session.remote_hangs_up()

    async def says(self, person: Person, text: str) -> None:
        """The caller speaks coded words; the VAD notices 0.1 s after they began, and when they have ended."""
        self.uttered.append(text)
        for word in text.split():
            self.code.level(word)
        pcm, _ = self.code.speak(text, 320, scale=2)
        leg = person.leg
        for number, start in enumerate(range(0, len(pcm), 4 * FRAME)):
            if number == 5:
                leg.speech_started()
            await trio.sleep(0.02)
            leg.uplink.append((pcm[start : start + 4 * FRAME], leg.timeline))
            leg.emit(PcmReady())
        leg.speech_stopped()
        self.stopped.append(trio.current_time())

    async def turn(self, person: Person, number: int) -> None:
        """One question and its answer."""
        await self.says(person, f"ask{number} me")
        with trio.fail_after(60):
            while person.state is State.LISTENING:  # noqa: ASYNC110 - the state is another's, on a virtual clock
                await trio.sleep(0.05)
            while person.state is not State.LISTENING:  # noqa: ASYNC110 - likewise
                await trio.sleep(0.05)
        self.expected += _plain(answer(number))

    def forget(self) -> None:
        """Nobody knows that anything ever failed; how fast the voices speak is known."""
        for stage, name in (("stt", "ears"), ("llm", "llm"), ("tts", "voice")):
            for route in "abc":
                self.health.of(stage, f"{route}/{name}").__init__()  # type: ignore[misc]

    def heard(self, person: Person) -> list[str]:
        """Each word, half ones in brackets."""
        return self.code.heard(
            bytes(person.leg.sent), {voice.per_character for voice in (*self.voices, self.embedded)}
        )

    def understood(self) -> list[str]:
        """What the caller was understood to say."""
        return [text for role, text in self.world.said() if role == "user"]

    def switches(self, stage: str) -> list[dict[str, object]]:
        """The entries of the timeline."""
        return [entry for entry in self.world.entries("provider.switched") if entry["stage"] == stage]

    def judge(self, person: Person, stage: str, struck: list[float]) -> None:
        """Each fault is noticed in time and told once, and the caller hears each word once and soon."""
        assert self.heard(person) == self.expected
        assert self.understood() == self.uttered
        assert len(self.switches(stage)) == SEEDS
        began = trio.current_time() - person.live.timeline.at_ms / 1000
        failed = [began + entry.at_ms / 1000 for entry in self.world.seen if entry.kind == "provider.failed"]
        leg_began = trio.current_time() - person.leg.timeline / RATE_HZ
        audible = [leg_began + at / RATE_HZ for at, _ in person.leg.audible]
        for hit, noticed in zip(struck, failed, strict=True):
            assert noticed - hit <= DETECTED_S
            if stage != "stt":
                assert next(at for at in audible if at >= noticed) - noticed <= HEARD_S
        for stopped in self.stopped:
            assert next(at for at in audible if at >= stopped) - stopped <= DEAD_S
        pauses = [after - before for before, after in itertools.pairwise(audible)]
        assert max(p for p in pauses if p < 1.2) <= DEAD_S


def _plain(text: str) -> list[str]:
    return [word.strip(".,").lower() for word in text.split()]
