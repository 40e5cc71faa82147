"""The dialogues: what each caller does when, drawn from a seed.

A dialogue is a list of acts. `Say` is a sentence, spoken after a silence or into the answer, with pauses put
at word boundaries; `Disturb` is a sound that asks for nothing, over the answer or into the silence after it.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from random import Random
from typing import TypeAlias

import numpy as np

from bench.turns.recordings import AUDIBLE, RATE, Pcm, Recording, Spoken, sentences
from bench.turns.sounds import ACKNOWLEDGED, Kind, acknowledgement, babble, beeping, cough

PAUSE_MS = (200, 1500)
LOSSES = (0.0, 0.0, 0.01, 0.03, 0.05)
_ECHO_SHARE = 0.14  # of dialogues: a telephone that returns what it plays


@dataclass(frozen=True, slots=True)
class Pause:
    """A silence inside a sentence, in samples of the act's audio."""

    start: int
    end: int

    @property
    def ms(self) -> float:
        """How long it is."""
        return (self.end - self.start) * 1000 / RATE


@dataclass(frozen=True, slots=True)
class Say:
    """A sentence. `after_s`: into the answer; None: when it is the caller's turn."""

    name: str
    text: str
    pcm: Pcm = field(repr=False, compare=False)
    words: tuple[Spoken, ...] = field(repr=False)
    pauses: tuple[Pause, ...] = ()
    after_s: float | None = None

    @property
    def onset(self) -> int:
        """The first audible sample."""
        return int(np.flatnonzero(np.abs(self.pcm) >= AUDIBLE)[0])

    @property
    def last(self) -> int:
        """The last audible sample."""
        return int(np.flatnonzero(np.abs(self.pcm) >= AUDIBLE)[-1])


@dataclass(frozen=True, slots=True)
class Disturb:
    """A sound that asks for nothing. `after_s`: into the answer; None: into the silence after one."""

    kind: Kind
    name: str
    pcm: Pcm = field(repr=False, compare=False)
    words: tuple[Spoken, ...] = ()
    after_s: float | None = None


Act: TypeAlias = Say | Disturb


@dataclass(frozen=True, slots=True)
class EchoPath:
    """What the caller's telephone returns: how late and how much weaker."""

    delay_ms: float
    loss_db: float


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One call. `noise`: amplitude of the line's noise; `loss`: of the packets sent."""

    id: str
    language: str
    acts: tuple[Act, ...]
    loss: float
    noise: float
    echo: EchoPath | None
    seed: int


def judged(recording: Recording) -> bool:
    """The half of the prompts on which figures are given; thresholds may be chosen on the other half."""
    return zlib.crc32(recording.name.encode()) % 2 == 1


def chosen(language: str, prompts: str) -> list[Recording]:
    """Sentences of the half named: judged, tuned or all."""
    return [each for each in sentences(language) if prompts == "all" or judged(each) == (prompts == "judged")]


def with_pauses(recording: Recording, lengths_ms: list[float], rng: Random, after_s: float | None) -> Say:
    """The sentence with silences of these lengths between some of its words."""
    inside = range(1, len(recording.words))
    places = sorted(rng.sample(inside, min(len(lengths_ms), len(inside))))
    pieces: list[Pcm] = []
    words: list[Spoken] = []
    pauses: list[Pause] = []
    shift, cut = 0, 0
    for at, word in enumerate(recording.words):
        if at in places:
            pieces.append(_faded(recording.pcm[cut : word.start]))
            cut = word.start
            length = int(lengths_ms[places.index(at)] * RATE / 1000)
            pauses.append(Pause(word.start + shift, word.start + shift + length))
            pieces.append(np.zeros(length))
            shift += length
        words.append(Spoken(word.word, word.start + shift, word.end + shift))
    pieces.append(recording.pcm[cut:])
    name = f"{recording.language}/{recording.name}"
    return Say(name, recording.text, np.concatenate(pieces), tuple(words), tuple(pauses), after_s)


def _faded(pcm: Pcm) -> Pcm:
    """Without a click where it was cut: 5 ms."""
    if len(pcm) < 80:
        return pcm
    return np.asarray(np.concatenate([pcm[:-40], pcm[-40:] * np.linspace(1, 0, 40)]))


def _sentence(language: str, prompts: str, rng: Random, after_s: float | None = None) -> Say:
    recording = rng.choice(chosen(language, prompts))
    count = rng.choice((0, 1, 1, 1, 2)) if after_s is None else 0
    return with_pauses(recording, [rng.uniform(*PAUSE_MS) for _ in range(count)], rng, after_s)


def disturbance(kind: Kind, language: str, rng: Random, after_s: float | None) -> Disturb:
    """One sound of a kind."""
    if kind is Kind.BACKCHANNEL:
        spoken = acknowledgement(language, rng.choice(ACKNOWLEDGED[language]))
        return Disturb(kind, spoken.text, spoken.pcm * rng.uniform(0.4, 0.9), spoken.words, after_s)
    if kind is Kind.COUGH:
        return Disturb(kind, "cough", cough(rng), (), after_s)
    if kind is Kind.TONE:
        return Disturb(kind, "tone", beeping(rng), (), after_s)
    if kind is Kind.BABBLE:
        return Disturb(kind, "babble", babble(rng, (language, "en")), (), after_s)
    return Disturb(kind, "echo", np.zeros(1), (), after_s)


def _over_answer(language: str, prompts: str, rng: Random, echo: bool) -> Act:
    """What happens while the assistant speaks."""
    if echo and rng.random() < 0.7:
        return disturbance(Kind.ECHO, language, rng, 0.0)
    if rng.random() < 0.45:
        early = rng.random() < 0.5
        return _sentence(language, prompts, rng, rng.uniform(0.3, 1.0) if early else rng.uniform(2.0, 3.2))
    kind = rng.choice((Kind.BACKCHANNEL, Kind.BACKCHANNEL, Kind.COUGH, Kind.TONE, Kind.BABBLE))
    return disturbance(kind, language, rng, rng.uniform(0.5, 2.5))


def dialogue(number: int, language: str, seed: int, prompts: str) -> Dialogue:
    """The dialogue of this number: a sentence or two, what happens over their answers, now and then more."""
    rng = Random(f"{seed} {number} {language}")
    echo = EchoPath(rng.uniform(40, 200), rng.uniform(12, 26)) if rng.random() < _ECHO_SHARE else None
    acts: list[Act] = []
    for _ in range(rng.choice((1, 2))):
        acts.append(_sentence(language, prompts, rng))
        acts.append(_over_answer(language, prompts, rng, echo is not None))
    if rng.random() < 0.3:
        kind = rng.choice((Kind.COUGH, Kind.TONE, Kind.BABBLE))
        acts.append(disturbance(kind, language, rng, None))
    return Dialogue(
        id=f"{number}.{language}",
        language=language,
        acts=tuple(acts),
        loss=rng.choice(LOSSES),
        noise=rng.choice((0.0, 8.0, 16.0, 32.0)),
        echo=echo,
        seed=rng.getrandbits(32),
    )


def dialogues(count: int, seed: int, languages: tuple[str, ...], prompts: str = "judged") -> list[Dialogue]:
    """So many dialogues, the languages in turn."""
    return [dialogue(each, languages[each % len(languages)], seed, prompts) for each in range(count)]
