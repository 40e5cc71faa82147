"""A whole leg against its own echo: packets out, the phone's echo of them back in."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from aywa.media.events import Digit, SpeechStarted
from tests.kit.echo_calls import long_enough, recorded_sentences, words
from tests.kit.echo_path import Samples
from tests.kit.echoing_phone import EchoingPhone
from tests.kit.engine_rig import FRAME, Rig
from tests.kit.formats import g711_format

PAUSE = 40  # frames between two sentences


def _pcm(samples: Samples) -> bytes:
    return np.clip(np.rint(samples), -32768, 32767).astype("<i2").tobytes()


def _assistant(rig: Rig, sentences: Iterator[Samples]) -> Iterator[None]:
    """Speaks one after the other, a step at a time."""
    for sentence in sentences:
        pcm = _pcm(sentence)
        for at in range(0, len(pcm), 2 * FRAME):
            rig.leg.write(pcm[at : at + 2 * FRAME], rig.leg.epoch)
            yield
        for _ in range(PAUSE):
            yield


def _recorded(rig: Rig) -> Samples:
    frames = b""
    while piece := rig.leg.read_recording():
        frames += piece
    return np.frombuffer(frames, "<i2")[::2].astype(np.float64)


def _heard(rig: Rig) -> Samples:
    pcm = b""
    while piece := rig.leg.read_uplink():
        pcm += piece
    return np.frombuffer(pcm, "<i2").astype(np.float64)


@pytest.mark.parametrize("delay_ms", [40, 105, 173, 250, 400])
def test_an_echo_at_20_db_is_nobodys_speech_in_35_sentences(delay_ms: int) -> None:
    with Rig(echo_guard=True, barge_in=False, record=True) as rig:
        phone = EchoingPhone(rig, delay_ms, 20.0)
        heard, recorded = 0.0, 0.0
        for _ in range(15):
            phone.turn()
        for _ in _assistant(rig, iter(recorded_sentences()[:35])):
            phone.turn()
            heard += float((_heard(rig) ** 2).sum()) / 2
            recorded += float((_recorded(rig) ** 2).sum())
        assert not [event for event in rig.events if isinstance(event, SpeechStarted)]
        stats = rig.leg.stats()
        assert stats["echo_frames"] > 500
        assert stats["echo_return_loss_db"] == pytest.approx(20.0, abs=2.0)
        # Our packet goes out, and its echo comes in, a packet time after it was put on the timeline.
        assert abs(stats["echo_delay"] - delay_ms * 8) <= FRAME + 8
        assert recorded > 30 * heard  # the recording has what came, the recogniser does not
        assert recorded == pytest.approx(float((phone.sent.astype(np.float64) ** 2).sum()), rel=0.1)


def test_without_the_guard_the_same_echo_is_taken_for_a_caller() -> None:
    with Rig(barge_in=False) as rig:
        phone = EchoingPhone(rig, 150, 20.0)
        for _ in range(15):
            phone.turn()
        for _ in _assistant(rig, iter(recorded_sentences()[:5])):
            phone.turn()
            _heard(rig)
        assert [event for event in rig.events if isinstance(event, SpeechStarted)]
        assert rig.leg.stats()["echo_frames"] == 0


@pytest.mark.parametrize("delay_ms", [40, 173, 400])
def test_a_caller_over_the_assistant_is_heard(delay_ms: int) -> None:
    """His word begins one second into a sentence, at the assistant's level."""
    found = 0
    sentences = long_enough(recorded_sentences())[:10]
    with Rig(echo_guard=True, barge_in=False) as rig:
        phone = EchoingPhone(rig, delay_ms, 20.0)
        for _ in range(15):
            phone.turn()
        for number, sentence in enumerate(sentences):
            word = words()[number]
            rig.take_events()
            for step, _ in enumerate(_assistant(rig, iter([sentence]))):
                at = (step - 50) * FRAME
                said = word[at : at + FRAME] if 0 <= at < len(word) - FRAME else None
                phone.turn(said)
                _heard(rig)
                assert step >= 50 or not rig.events
            found += any(isinstance(event, SpeechStarted) for event in rig.take_events())
    assert found == len(sentences)


def test_a_hole_in_the_echo_is_filled_from_what_was_heard_not_from_what_was_left_of_it() -> None:
    """Concealment predicts from the raw past: the recording has no dip where the guard was at work."""
    with Rig(echo_guard=True, barge_in=False, record=True) as rig:
        phone = EchoingPhone(rig, 100, 20.0)
        for _ in range(15):
            phone.turn()
        tone = _pcm(6000 * np.sin(2 * np.pi * 400 / 8000 * np.arange(24_000)))
        for at in range(0, len(tone), 2 * FRAME):
            rig.leg.write(tone[at : at + 2 * FRAME], 0)
            if at // (2 * FRAME) == 100:
                rig.phone.sequence += 1
                rig.phone.timestamp += FRAME
            else:
                phone.turn()
                continue
            rig.step()
        recorded = _recorded(rig)
        loud = np.sqrt((recorded[: len(recorded) // FRAME * FRAME].reshape(-1, FRAME) ** 2).mean(axis=1))
        assert rig.leg.stats()["concealed"] == 1
        assert loud[60:130].min() > 0.5 * loud[60:130].max()


def test_a_wideband_leg_keeps_its_own_voice_from_the_recogniser() -> None:
    """PCMU on a leg of 16 kHz: the guard works in the telephone band and lowers the rest with it."""
    with Rig(echo_guard=True, barge_in=False, record=True, rate_hz=16000) as rig:
        phone = EchoingPhone(rig, 150, 20.0)
        heard = 0.0
        for _ in range(15):
            phone.turn()
        for sentence in recorded_sentences()[:10]:
            wide = np.repeat(sentence, 2)
            pcm = _pcm(wide)
            for at in range(0, len(pcm) + PAUSE * 4 * FRAME, 4 * FRAME):
                if at < len(pcm):
                    rig.leg.write(pcm[at : at + 4 * FRAME], 0)
                phone.turn()
                heard += float((_heard(rig) ** 2).sum()) / 2
        assert not [event for event in rig.events if isinstance(event, SpeechStarted)]
        assert rig.leg.stats()["echo_frames"] > 100
        assert float((phone.sent.astype(np.float64) ** 2).sum()) > 10 * heard


def test_the_guard_takes_its_memory_only_where_it_is_on() -> None:
    with Rig() as plain, Rig(echo_guard=True) as guarded:
        assert 5000 < guarded.leg.memory - plain.leg.memory < 6000
        assert guarded.leg.memory < 54 * 1024


def test_our_own_tones_that_come_back_are_no_presses() -> None:
    with Rig(format=g711_format(0), echo_guard=True, tones=True, barge_in=False) as rig:
        phone = EchoingPhone(rig, 120, 12.0)
        for code in (1, 5, 11):
            assert rig.leg.send_digit(code, 800)
        for _ in range(100):
            phone.turn()
        assert not [event for event in rig.events if isinstance(event, Digit)]
