"""The bound WebRTC VAD gives what the module's own Python call gives, and without the GIL."""

from __future__ import annotations

import subprocess
import sys
import threading
import types
from random import Random

import pytest
import webrtcvad

from aywa._native.vad import Vad, bind_vad
from tests.kit.recordings import read_recording, require_recordings


@pytest.mark.parametrize("mode", range(4))
@pytest.mark.parametrize("size", [80, 160, 240])
def test_recorded_speech_is_judged_the_same(mode: int, size: int) -> None:
    require_recordings()
    pcm = read_recording("vm-options")
    ours, theirs = Vad(mode), webrtcvad.Vad(mode)
    frames = [pcm[at : at + 2 * size] for at in range(0, len(pcm) - 2 * size, 2 * size)]
    verdicts = [ours.is_speech(frame, 8000) for frame in frames]
    assert verdicts == [theirs.is_speech(frame, 8000) for frame in frames]
    assert True in verdicts
    assert False in verdicts


@pytest.mark.parametrize("rate", [8000, 16000, 32000, 48000])
def test_noise_is_judged_the_same_at_every_rate(rate: int) -> None:
    rng = Random(rate)
    ours, theirs = Vad(2), webrtcvad.Vad(2)
    for _ in range(50):
        frame = rng.randbytes(rate // 50 * 2)
        assert ours.is_speech(frame, rate) == theirs.is_speech(frame, rate)


def test_threads_judge_at_once() -> None:
    """Two streams in two threads: each gets the verdicts it gets alone (no shared state, no GIL needed)."""
    rng = Random(3)
    streams = [[rng.randbytes(320) for _ in range(200)] for _ in range(2)]

    def judge(frames: list[bytes]) -> list[bool]:
        vad = Vad(3)
        return [vad.is_speech(frame, 8000) for frame in frames]

    alone = [judge(frames) for frames in streams]
    together: dict[int, list[bool]] = {}
    threads = [
        threading.Thread(target=lambda index=index: together.__setitem__(index, judge(streams[index])))
        for index in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert [together[0], together[1]] == alone


@pytest.mark.parametrize(("size", "rate"), [(0, 8000), (321, 8000), (318, 8000), (320, 11025), (320, 48000)])
def test_frames_it_does_not_know_are_refused(size: int, rate: int) -> None:
    with pytest.raises(ValueError, match="10, 20 or 30 ms"):
        Vad(0).is_speech(bytes(size), rate)


@pytest.mark.parametrize("mode", [-1, 4])
def test_modes_it_does_not_know_are_refused(mode: int) -> None:
    with pytest.raises(ValueError, match="mode"):
        Vad(mode)


def test_binding_twice_is_harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    bind_vad()
    # Bound once, for the process: what is importable later does not matter.
    monkeypatch.setitem(sys.modules, "_webrtcvad", types.ModuleType("_webrtcvad"))
    bind_vad()


_UNBOUND = """
import sys
sys.modules["_webrtcvad"] = {module}
from aywa._native.vad import bind_vad
try:
    bind_vad()
except ImportError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("module", "sentence"),
    [
        ("None", "install webrtcvad-wheels"),
        ("__import__('types').SimpleNamespace(__file__='/nowhere.so')", "reinstall webrtcvad-wheels"),
        # Any extension module that lacks the symbols.
        ("__import__('aywa._native.pcm', fromlist=['pcm'])", "does not export its symbols"),
    ],
)
def test_a_missing_library_is_one_clear_sentence(module: str, sentence: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _UNBOUND.format(module=module)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert sentence in done.stdout
