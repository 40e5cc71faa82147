"""The embedded recogniser on recorded human speech, through the telephone band, and its processes."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import trio

from aywa.errors import ConfigError
from aywa.ports.stt import Final
from aywa.providers.embedded_session import EmbeddedSession
from aywa.providers.embedded_stt import EmbeddedTranscriber, open_embedded_transcriber
from aywa.scenarios.registry import SHIPPED, load_scenario
from tests.kit.speech import over_the_phone, quiet, speech, voiced_span

pytestmark = pytest.mark.live

DAYS = {
    "digits/day-0": "sunday", "digits/day-1": "monday", "digits/day-2": "tuesday",
    "digits/day-3": "wednesday", "digits/day-4": "thursday", "digits/day-5": "friday",
    "digits/day-6": "saturday", "digits/today": "today", "digits/tomorrow": "tomorrow",
}  # fmt: skip
_NUMERALS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
NUMBERS = {f"digits/{value}": word for value, word in enumerate(_NUMERALS, 1)}
COURTESIES = {
    "auth-thankyou": "thank you", "privacy-thankyou": "thank you", "vm-goodbye": "goodbye",
    "goodbye": "goodbye", "cancelled": "cancelled", "hello": "hello", "vm-no": "no",
}  # fmt: skip
_GUARD_S = 60  # a machine that swaps; nothing here is about time


async def say(session: EmbeddedSession, pcm: bytes, at: int, gain: float = 1.0) -> tuple[Final, int]:
    """One utterance as the engine delivers it, VAD events late; returns the final and where it ended."""
    lead, tail = quiet(0.5), quiet(0.4, seed=2)
    first, last = voiced_span(pcm)
    heard = over_the_phone(lead + pcm + tail, gain)
    start, stop = at + len(lead) // 2 + first, at + len(lead) // 2 + last
    begun = False
    for offset in range(0, len(heard), 640):
        position = at + offset // 4
        if position >= stop + 2400:
            break
        if not begun and position >= start + 800:
            session.speech_started(start)
            begun = True
        session.feed_nowait(heard[offset : offset + 640], at + min(offset + 640, len(heard)) // 4)
        await trio.lowlevel.checkpoint()
    session.speech_stopped(stop)
    session.feed_nowait(heard[offset:], at + len(heard) // 4)
    final = await final_of(session)
    assert (final.started_at_sample, final.stopped_at_sample) == (start, stop)
    return final, at + len(heard) // 4


async def final_of(session: EmbeddedSession) -> Final:
    """The next final."""
    with trio.fail_after(_GUARD_S):
        async for event in session.events():
            if isinstance(event, Final):
                return event
    raise AssertionError("the session ended")


async def mistakes(
    transcriber: EmbeddedTranscriber, phrases: Sequence[str], files: dict[str, str], gain: float = 1.0
) -> dict[str, str]:
    """What was misunderstood: file to what was heard instead."""
    wrong = {}
    for name, text in files.items():
        async with (
            transcriber.open() as session
        ):  # each word is a caller's first: nothing is known of the level
            session.expect(tuple(phrases))
            final, _ = await say(session, speech(name), 0, gain)
            if final.text.removeprefix("on ") != text:
                wrong[name] = final.text
    return wrong


STATES = [
    (None, DAYS | COURTESIES, set()),
    ("day", NUMBERS | COURTESIES, {"digits/5", "digits/6"}),
    ("all", COURTESIES, set()),
]


@pytest.mark.parametrize(("filled", "files", "hard"), STATES, ids=["day", "nights", "end"])
async def test_hotel_words_are_understood(filled: str | None, files: dict[str, str], hard: set[str]) -> None:
    script = load_scenario("hotel_booking").script
    asked = {None: "day", "day": "nights", "all": None}[filled]
    phrases = script.phrases_for(asked, {None: (), "day": ("day",), "all": ("day", "nights")}[filled])
    async with open_embedded_transcriber(1) as transcriber:
        assert set(await mistakes(transcriber, phrases, files)) <= hard


@pytest.mark.parametrize("gain", [0.3, 1.0])
async def test_the_words_of_the_demonstration_at_any_loudness(gain: float) -> None:
    script = load_scenario("hotel_booking").script
    async with open_embedded_transcriber(1) as transcriber:
        days = {name: DAYS[name] for name in ("digits/day-5", "digits/tomorrow", "digits/today")}
        assert not await mistakes(transcriber, script.phrases_for("day"), days, gain)
        nights = {name: NUMBERS[name] for name in ("digits/3", "digits/2")}
        assert not await mistakes(transcriber, script.phrases_for("nights", ("day",)), nights, gain)
        end = {name: COURTESIES[name] for name in ("auth-thankyou", "vm-goodbye", "cancelled")}
        assert not await mistakes(transcriber, script.phrases_for(None), end, gain)


async def test_noises_are_not_words() -> None:
    """Hiss, a thump, a tone: understood as nothing."""
    rng, t = np.random.default_rng(7), np.arange(4000) / 8000
    noises = {
        "hiss": rng.normal(0, 600, 4000),
        "thump": 9000 * np.exp(-t * 30) * np.sin(2 * np.pi * 90 * t),
        "tone": 5000 * np.sin(2 * np.pi * 440 * t),
        "crackle": rng.normal(0, 6000, 4000) * (rng.random(4000) > 0.98),
    }
    script = load_scenario("hotel_booking").script
    understood, at = {}, 0
    async with open_embedded_transcriber(1) as transcriber, transcriber.open() as session:
        session.expect(script.phrases_for("nights", ("day",)))
        for name, samples in noises.items():
            final, at = await say(session, samples.astype("<i2").tobytes(), at)
            if final.text:
                understood[name] = final.text
    assert not understood


async def test_nothing_expected_is_heard_but_not_understood() -> None:
    async with open_embedded_transcriber(1) as transcriber, transcriber.open() as session:
        final, _ = await say(session, speech("digits/day-5"), 0)
        assert final.text == ""


async def test_the_vocabulary_of_every_scenario_can_be_pronounced() -> None:
    vocabulary = [phrase for name in SHIPPED for phrase in load_scenario(name).script.vocabulary()]
    async with open_embedded_transcriber(1, vocabulary):
        pass


async def test_a_word_without_pronunciation_is_refused_or_taught() -> None:
    with pytest.raises(ConfigError, match="xyzzy"):
        async with open_embedded_transcriber(1, ["hello xyzzy"]):
            pass
    async with open_embedded_transcriber(1, ["hello xyzzy"], {"xyzzy": "F R AY D EY"}) as transcriber:
        assert await mistakes(transcriber, ["hello", "xyzzy"], {"digits/day-5": "xyzzy"}) == {}


async def test_a_process_that_dies_costs_its_utterance_and_is_replaced() -> None:
    pronunciations = {"xyzzy": "F R AY D EY"}
    async with (
        open_embedded_transcriber(1, ["xyzzy"], pronunciations) as transcriber,
        transcriber.open() as session,
    ):
        (process,) = transcriber.processes
        session.expect(("hello", "xyzzy"))
        session.feed_nowait(over_the_phone(quiet(0.5)), 4000)
        session.speech_started(3000)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        with trio.fail_after(_GUARD_S):
            while process.busy:  # noqa: ASYNC110 - the death is seen by the product, nobody signals it to tests
                await trio.sleep(0.01)
        session.speech_stopped(5000)
        assert await final_of(session) == Final("", None, 3000, 5000)
        final, _ = await say(session, speech("digits/day-5"), 4000)
        assert final.text == "xyzzy"
        assert process.starts == 2


async def test_no_process_is_left_behind() -> None:
    async with open_embedded_transcriber(2) as transcriber:
        pids = [process.pid for process in transcriber.processes]
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid or 0, 0)


async def test_a_killed_parent_takes_its_processes_along() -> None:
    program = (
        "import trio, os, signal\n"
        "from aywa.providers.embedded_stt import open_embedded_transcriber\n"
        "async def main():\n"
        "    async with open_embedded_transcriber(2) as transcriber:\n"
        "        print(*[process.pid for process in transcriber.processes], flush=True)\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "trio.run(main)\n"
    )
    ended = await trio.run_process([sys.executable, "-c", program], capture_stdout=True, check=False)
    assert ended.returncode == -signal.SIGKILL
    with trio.fail_after(_GUARD_S):
        for pid in map(int, ended.stdout.split()):
            while is_running(pid):  # noqa: ASYNC110 - a stranger's process
                await trio.sleep(0.01)


def is_running(pid: int) -> bool:
    """False for a process that is gone or only waits to be reaped by init."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def test_a_missing_extra_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"pip install 'aywa\[embedded\]'"):
        async with open_embedded_transcriber():
            pass


async def test_twenty_callers_at_once() -> None:
    script = load_scenario("hotel_booking").script
    names = list(DAYS) * 3
    heard: dict[int, str] = {}

    async def caller(index: int, name: str, transcriber: EmbeddedTranscriber) -> None:
        async with transcriber.open() as session:
            session.expect(script.phrases_for("day"))
            heard[index] = (await say(session, speech(name), 0))[0].text.removeprefix("on ")

    async with open_embedded_transcriber(2) as transcriber, trio.open_nursery() as nursery:
        for index, name in enumerate(names[:20]):
            nursery.start_soon(caller, index, name, transcriber)
    assert heard == {index: DAYS[name] for index, name in enumerate(names[:20])}


async def test_leaving_in_mid_utterance_frees_the_process() -> None:
    async with open_embedded_transcriber(1) as transcriber:
        async with transcriber.open() as session:
            session.expect(("hello",))
            session.feed_nowait(over_the_phone(quiet(0.5)), 4000)
            session.speech_started(2000)
            assert transcriber.processes[0].busy == 1
        assert transcriber.processes[0].busy == 0
        async with transcriber.open() as session:
            session.expect(("hello",))
            assert (await say(session, speech("hello"), 0))[0].text == "hello"
