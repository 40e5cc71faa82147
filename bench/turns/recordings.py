"""Recorded human speech of Debian's asterisk-core-sounds with its transcripts and the times of its words.

The packages hold no word times. A word's end is taken where the energy is lowest near the place that its
share of the letters gives it, which is where a speaker would pause. Positions are samples of 8 kHz.
"""

from __future__ import annotations

import gzip
import re
import wave
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 8000
Pcm = NDArray[np.float64]
SOUNDS = Path("/usr/share/asterisk/sounds")
DOCS = Path("/usr/share/doc")
VOICES = {
    "en": "en_US_f_Allison",
    "es": "es_MX_f_Allison",
    "fr": "fr_CA_f_June",
    "it": "it_IT_m_Carlo",
    "ru": "ru_RU_f_IvrvoiceRU",
}
LANGUAGES = tuple(VOICES)
LEVEL = 3277.0  # -20 dBFS, where every voice is brought to
AUDIBLE = 256.0  # -42 dBFS: below it a telephone plays nothing that is heard over the line's noise
_FRAME = 80
_QUIET = 120.0
_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
_INSIDE = re.compile(r"[.!?;:…].")  # a second sentence, or a list: its pauses are not inside a sentence
_MOST_CHARACTERS_S = 24.0  # a transcript that is longer than anybody speaks is of another recording


@dataclass(frozen=True, slots=True)
class Spoken:
    """A word and where it lies."""

    word: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Recording:
    """One prompt without the silence at its ends, at `LEVEL`."""

    language: str
    name: str
    text: str
    pcm: Pcm
    words: tuple[Spoken, ...]


def words_of(text: str) -> list[str]:
    """The words of a text, small and without punctuation, as a recogniser writes them."""
    return [word.lower() for word in _WORD.findall(text)]


@cache
def transcripts(language: str) -> dict[str, str]:
    """Texts by name of a language's package; empty where it is not installed."""
    path = DOCS / f"asterisk-core-sounds-{language}/core-sounds-{language}.txt.gz"
    if not path.exists():
        return {}
    lines = gzip.decompress(path.read_bytes()).decode("utf-8", "replace").splitlines()
    named = (line.partition(":") for line in lines if not line.startswith(";"))
    return {name.strip(): text.strip() for name, colon, text in named if colon}


def load(language: str, name: str) -> Recording | None:
    """The recording with the times of its words; None where it or its text is missing or does not fit."""
    text = transcripts(language).get(name, "").strip(" .…\"'")
    path = SOUNDS / VOICES[language] / f"{name}.wav"
    words = words_of(text)
    if not words or re.search(r"[\[\]()<>?*=\d]", text[:-1]) or not path.exists():
        return None
    pcm = trimmed(_read(path))
    if pcm is None or len(text) / (len(pcm) / RATE) > _MOST_CHARACTERS_S:
        return None
    return Recording(language, name, text, pcm, place_words(pcm, words))


def _read(path: Path) -> Pcm:
    with wave.open(str(path), "rb") as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64)


def trimmed(pcm: Pcm) -> Pcm | None:
    """Without silence at the ends, at `LEVEL`; None where nothing is said."""
    loud = np.flatnonzero(_levels(pcm) > _QUIET)
    if not len(loud):
        return None
    pcm = pcm[max(0, int(loud[0]) - 1) * _FRAME : (int(loud[-1]) + 2) * _FRAME]
    speech = _levels(pcm)
    active = speech[speech > 0.1 * speech.max()]
    return np.asarray(np.clip(pcm * LEVEL / np.sqrt((active**2).mean()), -32000, 32000))


def _levels(pcm: Pcm) -> Pcm:
    frames = pcm[: len(pcm) // _FRAME * _FRAME].reshape(-1, _FRAME)
    return np.asarray(np.sqrt((frames**2).mean(axis=1)))


def place_words(pcm: Pcm, words: list[str]) -> tuple[Spoken, ...]:
    """Each word between the quietest places near where its letters say it begins and ends."""
    levels = np.convolve(_levels(pcm), np.ones(3) / 3, "same")
    letters = np.cumsum([len(word) + 1 for word in words])
    bounds = [0]
    for share in letters[:-1] / letters[-1]:
        middle = share * len(levels)
        reach = 0.5 * len(levels) / len(words)
        low = max(bounds[-1] // _FRAME + 5, int(middle - reach))
        high = max(low + 1, min(len(levels) - 1, int(middle + reach)))
        distance = np.abs(np.arange(low, high) - middle) / reach
        bounds.append((low + int(np.argmin(levels[low:high] * (1 + distance)))) * _FRAME + _FRAME // 2)
    bounds.append(len(pcm))
    bounds = [min(bound, len(pcm)) for bound in bounds]
    return tuple(Spoken(word, bounds[at], bounds[at + 1]) for at, word in enumerate(words))


@cache
def sentences(language: str) -> tuple[Recording, ...]:
    """Single sentences of 4 to 16 words and 1.2 to 6 s, whole ones, in the order of their names."""
    found = []
    for name in sorted(transcripts(language)):
        raw = transcripts(language)[name]
        if raw.startswith(("...", "…", '"')) or raw.rstrip(' "').endswith(("..", "…", ",", ":")):
            continue  # a piece of a sentence
        recording = load(language, name)
        if recording is None or _INSIDE.search(recording.text):
            continue
        if 4 <= len(recording.words) <= 16 and 1.2 <= len(recording.pcm) / RATE <= 6.0:
            found.append(recording)
    return tuple(found)


@cache
def single_words(language: str) -> dict[str, Recording]:
    """Recordings of one word each, 0.2 to 0.9 s, by their word."""
    found: dict[str, Recording] = {}
    for name in sorted(transcripts(language)):
        recording = load(language, name)
        if recording is not None and len(recording.words) == 1 and 0.2 <= len(recording.pcm) / RATE <= 0.9:
            found.setdefault(recording.words[0].word, recording)
    return found


def installed(languages: tuple[str, ...]) -> list[str]:
    """Packages that are missing for these languages."""
    missing = []
    for language in languages:
        if not transcripts(language):
            missing.append(f"asterisk-core-sounds-{language}")
        if not (SOUNDS / VOICES[language] / "vm-goodbye.wav").exists():
            missing.append(f"asterisk-core-sounds-{language}-wav")
    return missing
