"""Rooms whose members differ in everything: codec, packet time, keys, and whether they send at all."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from aywa._native.room import NativeMember
from aywa.media.events import SpeechStarted
from aywa.media.format import PayloadFormat, SrtpSuite
from tests.kit.room_rig import G722, OPUS, PCMA, PCMU, Audio, Party, RoomRig, voice

TALK_S = 3.0
SETTLED_MS = 400  # of what is heard that may still be the buffers' beginning
FAITHFUL, OPUS_FAITHFUL = 0.95, 0.7  # Opus models the voice
IDLE = 10  # of what G.722 makes of silence
LOUD = 30  # -dBov: a noise that cannot be missed


def likeness(heard: Audio, spoken: Audio, rate_hz: int) -> float:
    """The best correlation over delays up to 300 ms."""
    most = 300 * rate_hz // 1000
    count, size = min(len(heard) - most, len(spoken)), len(heard) + len(spoken)
    said = np.fft.rfft(spoken[:count].astype(float), size)
    delay = int(np.argmax(np.fft.irfft(np.fft.rfft(heard.astype(float), size) * said.conj())[:most]))
    return float(np.corrcoef(heard[delay : delay + count], spoken[:count])[0, 1])


def turns(rig: RoomRig, parties: list[Party]) -> None:
    """Each speaks in turn; every other must hear him, and he must not hear himself."""
    rig.all_hear_all()
    rig.run(SETTLED_MS)
    for seed, speaker in enumerate(parties):
        begun = {listener.index: len(listener.heard()) for listener in parties}
        speaker.say(voice(speaker.rate_hz, TALK_S, seed))
        rig.run(int(TALK_S * 1000) + 400)
        for listener in parties:
            heard = listener.heard()[begun[listener.index] :]
            if listener is speaker:
                assert not heard.size or np.abs(heard).max() < 100
                continue
            found = likeness(heard, voice(listener.rate_hz, TALK_S, seed), listener.rate_hz)
            print(f"{_name(speaker)} to {_name(listener)}: correlation {found:.4f}")
            opus = OPUS in (speaker.codec, listener.codec)
            assert found >= (OPUS_FAITHFUL if opus else FAITHFUL)


def _name(party: Party) -> str:
    return f"{party.codec.codec.value} {party.ptime_ms} ms{' srtp' if party.crypt else ''}"


@pytest.mark.parametrize("suite", list(SrtpSuite), ids=lambda suite: suite.value)
def test_each_hears_the_others_through_srtp(suite: SrtpSuite) -> None:
    with RoomRig() as rig:
        turns(rig, [rig.party(suite=suite), rig.party(PCMA, suite=suite), rig.party()])
        for party in rig.parties:
            stats = party.leg.stats()
            assert (stats["forged"], stats["replayed"], stats["malformed"], stats["lost"]) == (0, 0, 0, 0)


@pytest.mark.parametrize("rate_hz", [8000, 16000])
def test_wideband_narrowband_and_encrypted_phones_share_a_room(rate_hz: int) -> None:
    with RoomRig(rate_hz=rate_hz) as rig:
        gcm = SrtpSuite.AEAD_AES_128_GCM
        turns(rig, [rig.party(G722, suite=gcm), rig.party(OPUS), rig.party(PCMU), rig.party(PCMA, suite=gcm)])


@pytest.mark.parametrize(
    "members",
    [((PCMU, 10), (PCMU, 60)), ((G722, 10), (PCMA, 60), (PCMU, 20)), ((OPUS, 60), (PCMU, 10), (G722, 60))],
    ids=["narrow", "wide", "opus"],
)
def test_the_shortest_and_the_longest_packets_meet(members: tuple[tuple[PayloadFormat, int], ...]) -> None:
    with RoomRig() as rig:
        turns(rig, [rig.party(codec, ptime_ms=ptime_ms) for codec, ptime_ms in members])


def _level(pcm: Audio) -> float:
    """dBov: 0 is a square wave at full scale."""
    return float(20 * np.log10(np.sqrt((pcm.astype(float) ** 2).mean()) / 32767))


@pytest.mark.parametrize("codec", [PCMU, G722], ids=["PCMU", "G722"])
@pytest.mark.parametrize("rate_hz", [8000, 16000])
def test_comfort_noise_of_one_is_heard_by_the_others(codec: PayloadFormat, rate_hz: int) -> None:
    with RoomRig(rate_hz=rate_hz) as rig:
        quiet, listener = rig.party(codec), rig.party()
        rig.all_hear_all()
        rig.run(1000)
        assert np.abs(listener.heard(500)).max() < IDLE
        quiet.noise = bytes([LOUD])
        rig.run(2000)
        # A room of 8 kHz halves the band of a wideband noise, and with it its power.
        halved = 3 if codec is G722 else 0
        assert _level(listener.heard(1500)) == pytest.approx(-LOUD - halved, abs=1.5)
        pieces = listener.heard(1500).reshape(-1, 80)
        assert (np.abs(pieces).max(axis=1) > 100).all()  # without a hole
        assert np.abs(quiet.heard(500)).max() < IDLE
        assert not [event for event in quiet.events if isinstance(event, SpeechStarted)]


def test_speech_after_the_noise_is_whole_and_the_noise_ends() -> None:
    with RoomRig() as rig:
        quiet, listener = rig.party(), rig.party()
        rig.all_hear_all()
        rig.run(600)
        for seed in range(3):
            quiet.noise = bytes([LOUD])
            rig.run(815)
            quiet.noise = None
            quiet.say(voice(8000, TALK_S, seed))
            begun = len(listener.heard())
            rig.run(int(TALK_S * 1000) + 500)
            heard = listener.heard()[begun:]
            assert likeness(heard, voice(8000, TALK_S, seed), 8000) >= FAITHFUL
            assert not listener.heard(60).any()
        assert quiet.leg.stats()["lost"] == 0


def test_a_new_level_of_noise_is_taken_up() -> None:
    with RoomRig() as rig:
        quiet, listener = rig.party(), rig.party()
        rig.all_hear_all()
        rig.run(400)
        levels = []
        for level in (25, 50, 35):
            quiet.noise = bytes([level])
            rig.run(1000)
            levels.append(_level(listener.heard(800)))
        for (before, after), change in zip(pairwise(levels), (-25, 15), strict=True):
            assert after - before == pytest.approx(change, abs=1.5)


def test_who_is_muted_held_or_gone_gives_the_room_no_noise() -> None:
    with RoomRig() as rig:
        quiet, listener = rig.party(), rig.party()
        rig.all_hear_all()
        rig.run(400)
        quiet.noise = bytes([LOUD])
        rig.run(500)
        for silence in (quiet.leg.mute, quiet.leg.hold):
            assert listener.heard(200).any()
            silence(True)
            rig.run(500)
            assert not listener.heard(200).any()
            silence(False)
            rig.run(500)
        rig.engine.remove(quiet.leg)
        rig.run(500)
        assert not listener.heard(200).any()


def test_who_comes_in_while_he_sends_nothing_brings_his_noise() -> None:
    with RoomRig() as rig:
        quiet, listener = rig.party(seated=False), rig.party()
        rig.run(400)
        quiet.noise = bytes([LOUD])
        rig.run(500)
        rig.join(quiet)
        rig.all_hear_all()
        rig.run(500)
        assert _level(listener.heard(300)) == pytest.approx(-LOUD, abs=1.5)
        rig.engine.leave(quiet.member)
        rig.run(500)
        assert not listener.heard(200).any()
        quiet.member = NativeMember(quiet.leg.rate_hz)
        rig.join(quiet)
        rig.all_hear_all()
        rig.run(500)
        assert _level(listener.heard(300)) == pytest.approx(-LOUD, abs=1.5)
