"""Assistant sentences and callers' words for the echo guard: recorded prompts and espeak, at one level."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from aywa._native.echo import EchoGuard
from aywa._native.speech import SpeechMonitor
from tests.kit.echo_path import (
    FRAME,
    LEAD_FRAMES,
    EchoPath,
    Heard,
    Samples,
    echo_of,
    line_noise,
    padded,
    run,
    scaled,
)
from tests.kit.recordings import VOICE, read_recording, require_recordings

LEVEL_DB = -20.0
LONGEST = 24_000  # samples of a sentence that are used
WORD_AT = LEAD_FRAMES * FRAME + 8000  # the caller speaks one second into the sentence
_TEXTS = (
    "Your appointment is on {} at half past nine, shall I book it for you?",
    "I have found {} open invoices, the oldest one is from March.",
    "Thank you for calling, please tell me how I may help you with order {}.",
    "The train leaves platform {} in twenty minutes, would you like a seat?",
)


def _samples(pcm: bytes) -> Samples:
    return np.frombuffer(pcm, "<i2").astype(np.float64)


@cache
def recorded_sentences() -> tuple[Samples, ...]:
    """Every recorded prompt of one second and more, the same order each time."""
    require_recordings()
    names = sorted(path.stem for path in VOICE.glob("*.wav"))
    found = [_samples(read_recording(name))[:LONGEST] for name in names]
    kept = [scaled(pcm, LEVEL_DB) for pcm in found if len(pcm) > 8000]
    return tuple(kept[at] for at in np.random.default_rng(5).permutation(len(kept)))


@cache
def spoken_sentences(count: int) -> tuple[Samples, ...]:
    """The same number of espeak's sentences each time; none where it is not installed."""
    if shutil.which("espeak-ng") is None or shutil.which("sox") is None:
        return ()
    found = []
    for number in range(count):
        text = _TEXTS[number % len(_TEXTS)].format(number)
        voice = ("en-gb", "en-us", "en+f3", "en+m5")[number // len(_TEXTS) % 4]
        wave = subprocess.run(
            ["espeak-ng", "-v", voice, "--stdout", text], capture_output=True, check=True
        ).stdout
        convert = [
            "sox",
            "-t",
            "wav",
            "-",
            "-t",
            "raw",
            "-r",
            "8000",
            "-e",
            "signed",
            "-b",
            "16",
            "-c",
            "1",
            "-",
        ]
        pcm = subprocess.run(convert, input=wave, capture_output=True, check=True).stdout
        found.append(scaled(_samples(pcm)[:LONGEST], LEVEL_DB))
    return tuple(found)


@cache
def words() -> tuple[Samples, ...]:
    """Recorded words from their first audible sample on, at most 0.6 s."""
    require_recordings()
    names = sorted(f"digits/{path.stem}" for path in (VOICE / "digits").glob("*.wav"))
    found = []
    for name in names:
        pcm = _samples(read_recording(name))
        if len(pcm) > 2000:
            loud = scaled(pcm, LEVEL_DB)
            begin = int(np.argmax(np.abs(loud) >= 328))
            found.append(loud[begin : begin + 4800])
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Situation:
    """`word_db`: the caller's level against the assistant's, None: he says nothing. `word_at`: where he
    begins, samples. `noise_db`: the line's, dBFS, None of noise.
    """

    path: EchoPath
    noise_db: float | None = None
    word_db: float | None = None
    word_at: int = WORD_AT


def call(sentence: Samples, situation: Situation, seed: int, guard: EchoGuard | None) -> tuple[Heard, range]:
    """One sentence in one call: what was detected, and the positions at which the caller is to be heard."""
    sent = padded(sentence)
    heard = echo_of(sent, situation.path, seed)
    if situation.noise_db is not None:
        heard = heard + line_noise(len(heard), situation.noise_db, seed)
    begin = end = 0
    if situation.word_db is not None:
        word = words()[seed % len(words())] * 10 ** (situation.word_db / 20)
        begin = situation.word_at + seed * 37 % FRAME
        end = min(begin + len(word), len(heard))
        heard[begin:end] += word[: end - begin]
    return run(guard, SpeechMonitor(1, 34, 400), sent, heard), range(begin - 2 * FRAME, end)


def detected(heard: Heard, expected: range) -> bool:
    """The caller was told while he spoke, and nothing before."""
    return bool(heard.starts) and heard.starts[0][0] in expected


def false_starts(sentences: tuple[Samples, ...], situation: Situation, count: int) -> int:
    """How many of `count` sentences, each a call of its own, the assistant would interrupt itself in."""
    return sum(
        bool(call(sentences[n % len(sentences)], situation, n, EchoGuard())[0].starts) for n in range(count)
    )


def long_enough(sentences: tuple[Samples, ...]) -> tuple[Samples, ...]:
    """Those that are still being spoken while the caller's word lasts."""
    return tuple(sentence for sentence in sentences if len(sentence) >= 12_800)


def detections(
    sentences: tuple[Samples, ...], situation: Situation, count: int
) -> Iterator[tuple[bool, float]]:
    """Of `count` words over as many sentences: whether it was told, and after how many milliseconds."""
    for number in range(count):
        heard, expected = call(sentences[number % len(sentences)], situation, number, EchoGuard())
        found = detected(heard, expected)
        yield found, (heard.starts[0][0] + FRAME - expected.start - 2 * FRAME) / 8 if found else float("inf")


def delays_over_a_known_echo(path: EchoPath, count: int) -> list[float]:
    """By how many milliseconds each of `count` words is told later than without echo and guard, sorted.

    Two sentences have made the echo known; the word comes at the assistant's level one second into the third.
    The line has noise at -60 dBFS. A word that is not told counts as infinitely late.
    """
    sentences, later = long_enough(recorded_sentences()), []
    for number in range(count):
        before = padded(sentences[(number + 7) % len(sentences)])
        sent = np.concatenate([before, before, padded(sentences[number % len(sentences)])])
        word = np.zeros(len(sent))
        said = words()[number % len(words())]
        begin = 2 * len(before) + WORD_AT + number * 37 % FRAME
        word[begin : begin + len(said)] = said[: len(sent) - begin]
        caller = word + line_noise(len(sent), -60.0, number)
        plain = run(None, SpeechMonitor(1, 34, 400), sent, caller).starts
        heard = run(EchoGuard(), SpeechMonitor(1, 34, 400), sent, caller + echo_of(sent, path, number)).starts
        if plain:
            told = bool(heard) and heard[0][0] >= begin - 2 * FRAME
            later.append((heard[0][0] - plain[0][0]) / 8 if told else float("inf"))
    return sorted(later)
