"""Every streaming recogniser's adapter in front of its emulator, by a mock clock: words, places, pauses."""

from __future__ import annotations

import pytest
import trio
from trio.testing import MockClock

from aywa.errors import ProviderError, ProviderFault
from tests.kit.stt_kinds import KINDS, WORDS, world
from tests.kit.stt_world import FRAME, Caller, calling

NEAR = 8000 * 0.15  # samples: what is far from where it was said is of another sentence


def places_right(caller: Caller) -> None:
    for final, (start, stop) in zip(caller.finals, caller.spoken, strict=True):
        assert final.started_at_sample is not None
        assert final.stopped_at_sample is not None
        assert abs(final.started_at_sample - start) < NEAR, (final, start)
        assert abs(final.stopped_at_sample - stop) < NEAR, (final, stop)


@pytest.mark.parametrize("name", sorted(KINDS))
async def test_what_is_said_comes_as_it_was_said_and_where(name: str, autojump_clock: MockClock) -> None:
    emulator, transcriber, _ = world(name)
    async with calling(transcriber) as caller:
        await caller.pass_time(0.5)
        for seconds in (1.5, 1.0, 2.2):
            await caller.say(seconds, 1.6)
    assert caller.error is None
    assert caller.texts == WORDS
    assert caller.partials
    places_right(caller)
    assert emulator.script.given == WORDS


@pytest.mark.parametrize("name", sorted(KINDS))
async def test_positions_hold_although_nothing_arrives_in_pauses(
    name: str, autojump_clock: MockClock
) -> None:
    _, transcriber, _ = world(name)
    async with calling(transcriber) as caller:
        await caller.say(1.0, 3.0, hole=True)
        await caller.say(1.4, 12.0, hole=True)
        await caller.say(0.8, 2.0)
    assert caller.error is None
    assert caller.texts == WORDS
    places_right(caller)


@pytest.mark.parametrize("name", sorted(KINDS))
async def test_a_noise_gets_a_final_without_words(name: str, autojump_clock: MockClock) -> None:
    _, transcriber, _ = world(name, "", "hello")
    async with calling(transcriber) as caller:
        await caller.say(0.4, 4.0)
        await caller.say(1.0, 2.0)
    assert caller.error is None
    assert caller.texts == ["", "hello"]
    places_right(caller)


@pytest.mark.parametrize("name", sorted(name for name in KINDS if KINDS[name].keys))
async def test_a_wrong_key_is_told_as_one(name: str, autojump_clock: MockClock) -> None:
    _, transcriber, _ = world(name, key="wrong")
    with pytest.raises(ProviderError) as caught:
        async with transcriber.open():
            pass
    assert caught.value.fault is ProviderFault.UNAUTHORISED
    assert not caught.value.retryable
    assert caught.value.stage == "stt"


@pytest.mark.parametrize("name", sorted(KINDS))
async def test_an_error_of_the_call_does_not_become_a_group(name: str, autojump_clock: MockClock) -> None:
    _, transcriber, _ = world(name)
    with pytest.raises(KeyError):
        async with transcriber.open():
            raise KeyError("of the call")


@pytest.mark.parametrize("name", ["assembly-ai", "cartesia-turns", "custom-transcriber", "deepgram", "flux"])
async def test_all_that_was_fed_arrives_in_order(name: str, autojump_clock: MockClock) -> None:
    emulator, transcriber, _ = world(name)
    fed = bytearray()
    async with calling(transcriber) as caller:
        for number in range(400):
            await trio.sleep(0.02)
            caller.position += FRAME // 2
            pcm = (number % 251).to_bytes(2, "little") * FRAME
            fed += pcm
            caller.session.feed_nowait(pcm, caller.position)
        caller.session.speech_started(caller.position)
        await trio.sleep(0.1)
    assert bytes(emulator.script.audio[0]) == bytes(fed)


async def test_a_recogniser_is_kept_alive_while_nothing_arrives(autojump_clock: MockClock) -> None:
    emulator, transcriber, door = world("deepgram")
    async with calling(transcriber) as caller:
        await caller.say(1.0, 1.0)
        await caller.pass_time(40.0, None)
        assert caller.error is None
        assert door.clients[0].other.closed is None  # it closes after 10 s without audio or KeepAlive
        await caller.say(1.0, 1.0)
    assert 6 <= emulator.controls.count("KeepAlive") <= 10
    assert caller.texts == WORDS[:2]
