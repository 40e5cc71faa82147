"""The labelled calls of `python -m bench amd`, made from recorded prompts and degraded like telephone lines.

People, greetings, screening and menus are recordings of Debian's asterisk-core-sounds (Allison in English and
Spanish, June in French, Carlo in Italian), cut and joined by their transcripts. Thresholds and phrases were
tuned on the French and Italian calls; the English and Spanish ones are judged. Beeps, fax and network tones
are made after their standards. The same seed makes the same calls.
"""

from __future__ import annotations

import gzip
import wave
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from aywa._native.g711 import decode_ulaw, encode_ulaw
from aywa._native.plc import LossConcealer
from aywa.answering.outcomes import Outcome
from bench.answering_tones import beep, busy, calling_fax, fax, information, ringing

RATE = 8000
Pcm = NDArray[np.float64]
_SOUNDS = Path("/usr/share/asterisk/sounds")
_VOICES = {"en": "en_US_f_Allison", "es": "es_MX_f_Allison", "fr": "fr_CA_f_June", "it": "it_IT_m_Carlo"}
JUDGED, TUNED = ("en", "es"), ("fr", "it")
_FULL_S = 40.0


@dataclass(frozen=True, slots=True)
class Said:
    """Words of the far side, in samples from the answer."""

    text: str
    start: int
    end: int


@dataclass(slots=True)
class Call:
    """One labelled call: S16LE of 8 kHz as it arrives after the answer."""

    name: str
    language: str
    label: Outcome
    pcm: bytes = b""
    said: list[Said] = field(default_factory=list)
    beeps: list[tuple[int, int]] = field(default_factory=list)
    message_from: int | None = None  # where the last beep ends


class Tape:
    """A call in the making."""

    def __init__(self, name: str, language: str, label: Outcome) -> None:
        self.call = Call(name, language, label)
        self._parts: list[Pcm] = []
        self._length = 0

    def quiet(self, seconds: float) -> Tape:
        """Nothing is said."""
        return self.audio(np.zeros(int(seconds * RATE)))

    def audio(self, pcm: Pcm) -> Tape:
        """Something that is not speech."""
        self._parts.append(pcm)
        self._length += len(pcm)
        return self

    def say(self, *names: str, gap_s: float = 0.12) -> Tape:
        """Recordings of the call's language, one after the other."""
        for name in names:
            pcm, text = recording(self.call.language, name)
            self.call.said.append(Said(text, self._length, self._length + len(pcm)))
            self.audio(pcm).quiet(gap_s)
        return self

    def beep(self, pcm: Pcm) -> Tape:
        """A machine's signal."""
        self.call.beeps.append((self._length, self._length + len(pcm)))
        self.call.message_from = self._length + len(pcm)
        return self.audio(pcm)

    def over_the_line(self, rng: Random) -> Call:
        """The call, through a line of some level, noise, codec and loss."""
        pcm = np.concatenate([*self._parts, np.zeros(max(0, int(_FULL_S * RATE) - self._length))])
        self.call.pcm = degraded(pcm[: int(_FULL_S * RATE)], rng)
        return self.call


@cache
def _transcripts(language: str) -> dict[str, str]:
    path = Path(f"/usr/share/doc/asterisk-core-sounds-{language}/core-sounds-{language}.txt.gz")
    if not path.exists():
        return {}
    lines = gzip.decompress(path.read_bytes()).decode("utf-8", "replace").splitlines()
    named = (line.partition(":") for line in lines if not line.startswith(";"))
    return {name.strip(): text.partition("(")[0].strip() for name, colon, text in named if colon}


@cache
def recording(language: str, name: str) -> tuple[Pcm, str]:
    """The recording without the silence at its ends, and its words. FileNotFoundError where there is none."""
    with wave.open(str(_SOUNDS / _VOICES[language] / f"{name}.wav"), "rb") as file:
        pcm = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64)
    frames = pcm[: len(pcm) // 80 * 80].reshape(-1, 80)
    loud = np.flatnonzero(np.sqrt((frames**2).mean(axis=1)) > 120)
    return pcm[max(0, int(loud[0]) - 2) * 80 : (int(loud[-1]) + 3) * 80], _transcripts(language).get(name, "")


def has(language: str, *names: str) -> bool:
    """Whether these recordings are there, with their words."""
    folder = _SOUNDS / _VOICES[language]
    return all((folder / f"{name}.wav").exists() and _transcripts(language).get(name) for name in names)


def degraded(pcm: Pcm, rng: Random) -> bytes:
    """A line's level, noise, lost packets and mu-law."""
    draw = np.random.default_rng(rng.getrandbits(32))
    gain = 10 ** (rng.uniform(-14, 2) / 20)
    speech = pcm[np.abs(pcm) > 200]
    level = float(np.sqrt((speech**2).mean())) if len(speech) else 2000.0
    snr = rng.choice((40, 30, 25, 20, 15, 12))
    noise = draw.normal(0, 1, len(pcm))
    if rng.random() < 0.5:  # a room's rumble instead of a line's hiss
        noise = np.convolve(noise, np.exp(-np.arange(24) / 5.0), "same")
    noise *= level / 10 ** (snr / 20) / np.sqrt((noise**2).mean())
    wire = np.clip((pcm + noise) * gain, -32768, 32767).astype("<i2").tobytes()
    wire = decode_ulaw(encode_ulaw(wire))
    loss = rng.choice((0.0, 0.0, 0.01, 0.03, 0.05))
    concealer = LossConcealer()
    out = bytearray()
    for at in range(0, len(wire), 320):
        frame = wire[at : at + 320]
        lost = rng.random() < loss
        out += concealer.conceal(len(frame) // 2) if lost else concealer.good(frame)
    return bytes(out)


# --- people -----------------------------------------------------------------------------------------------

_HELLO = {"en": "hello", "es": "hello-world", "fr": "hello", "it": "hello"}
_SENTENCES = (
    "auth-thankyou", "vm-no", "vm-sorry", "one-moment-please", "im-sorry", "demo-thanks", "vm-goodbye",
    "something-terribly-wrong", "sorry-youre-having-problems", "please-try-again", "hello-world",
)  # fmt: skip


def _names(language: str) -> list[str]:
    """Single words, as people answer with a surname or a number."""
    words = [f"phonetic/{letter}_p" for letter in "abcdefghijklmnopqrstuvwxyz"]
    words += [f"digits/{number}" for number in (*range(21), 30, 40, 50)]
    words += ["digits/day-1", "digits/mon-4", "spy-agent", "calling", "vm-Family", "vm-Work"]
    return [word for word in words if has(language, word)]


def people(language: str, rng: Random, count: int) -> list[Call]:
    """Who answers the phone himself: a word, a sentence, a company's name; then he waits."""
    names, hello = _names(language), _HELLO[language]
    sentences = [each for each in _SENTENCES if has(language, each)]

    def word(tape: Tape) -> Tape:
        return tape.say(hello) if rng.random() < 0.5 else tape.say(rng.choice(names))

    def named(tape: Tape) -> Tape:
        return tape.say(hello, gap_s=rng.uniform(0.05, 0.35)).say(rng.choice(names))

    def full_name(tape: Tape) -> Tape:
        return tape.say(rng.choice(names), rng.choice(names), gap_s=0.08)

    def number(tape: Tape) -> Tape:
        return tape.say(*(f"digits/{rng.randrange(10)}" for _ in range(rng.choice((3, 4, 5)))), gap_s=0.05)

    def sentence(tape: Tape) -> Tape:
        return tape.say(rng.choice(sentences))

    def company(tape: Tape) -> Tape:
        return tape.say("dir-welcome", gap_s=rng.uniform(0.1, 0.4)).say(rng.choice(names), rng.choice(names))

    def long_company(tape: Tape) -> Tape:
        return company(tape).say(rng.choice(sentences))

    def again(tape: Tape) -> Tape:
        word(tape).quiet(rng.uniform(1.2, 2.5))
        return word(tape)

    makers: list[Callable[[Tape], Tape]] = [word, word, word, named, full_name, number, sentence, company]
    makers += [long_company, again]
    calls = []
    for index in range(count):
        maker = makers[index % len(makers)]
        tape = Tape(f"person: {maker.__name__}", language, Outcome.HUMAN)
        maker(tape.quiet(rng.uniform(0.1, 1.8)))
        # Who hears nothing asks once more.
        tape.quiet(rng.uniform(3.0, 5.0)).say(hello)
        calls.append(tape.over_the_line(rng))
    return calls


# --- machines ---------------------------------------------------------------------------------------------


def machines(language: str, rng: Random, count: int) -> list[Call]:
    """Greetings as voicemail systems and people record them, a pause and a beep."""
    names = _names(language)

    def standard(tape: Tape) -> Tape:
        digits = [f"digits/{rng.randrange(10)}" for _ in range(rng.choice((3, 4)))]
        state = rng.choice(["vm-isunavail", "vm-isonphone"])
        return tape.say("vm-theperson", *digits, state, gap_s=0.05).quiet(0.2).say("vm-intro")

    def nobody(tape: Tape) -> Tape:
        return tape.say("vm-nobodyavail", gap_s=rng.uniform(0.2, 0.6)).say("vm-intro")

    def personal(tape: Tape) -> Tape:
        tape.say(_HELLO[language], rng.choice(names), gap_s=rng.uniform(0.15, 0.5))
        return tape.say("vm-nobodyavail", gap_s=0.3).say("vm-intro")

    def short(tape: Tape) -> Tape:
        return tape.say("vm-intro")

    def company(tape: Tape) -> Tape:
        tape.say("dir-welcome", gap_s=0.3).say(rng.choice(names), rng.choice(names), gap_s=0.2)
        return tape.say("vm-nobodyavail", gap_s=0.4).say("vm-intro")

    makers = [standard, nobody, personal, short, company]
    calls = []
    for index in range(count):
        maker = makers[index % len(makers)]
        tape = Tape(f"machine: {maker.__name__}", language, Outcome.MACHINE)
        if index % 6 == 5:
            tape.audio(ringing(rng))  # early media that the answer did not end
        maker(tape.quiet(rng.uniform(0.1, 1.2)))
        tape.quiet(rng.uniform(0.2, 2.2))
        for _ in range(3 if index % 11 == 7 else 1):
            tape.beep(beep(rng)).quiet(0.15)
        calls.append(tape.over_the_line(rng))
    return calls


_SCREENING = (
    ("priv-recordintro",),
    ("auth-thankyou", "priv-recordintro"),
    ("pls-hold-while-try", "priv-recordintro"),
    ("followme/pls-hold-while-try", "priv-recordintro"),
    ("privacy-unident", "priv-recordintro"),
)


def screening(language: str, rng: Random, count: int) -> list[Call]:
    """Asks for the caller's name, records it after a tone, or waits."""
    known = [parts for parts in _SCREENING if has(language, *parts)]
    calls = []
    for index in range(count):
        parts = known[index % len(known)]
        tape = Tape(f"screening: {parts[0]}", language, Outcome.SCREENING).quiet(rng.uniform(0.1, 1.0))
        tape.say(*parts, gap_s=rng.uniform(0.2, 0.5))
        if index % 2:
            tape.quiet(rng.uniform(0.1, 0.6)).beep(beep(rng))
        calls.append(tape.over_the_line(rng))
    return calls


_MENUS = (
    ("basic-pbx-ivr-main",), ("vm-options",), ("vm-opts",), ("dir-intro",), ("conf-usermenu",),
    ("dir-welcome", "vm-opts"), ("agent-user",), ("queue-youarenext",), ("queue-periodic-announce",),
    ("demo-instruct",), ("screen-callee-options",), ("conf-adminmenu",), ("tt-allbusy",), ("vm-msginstruct",),
    ("vm-forward",), ("conf-getconfno",), ("hello-world", "vm-review"), ("auth-thankyou", "vm-instructions"),
)  # fmt: skip


def menus(language: str, rng: Random, count: int) -> list[Call]:
    """Menus and queues; a prompt that nobody answers comes again."""
    known = [parts for parts in _MENUS if has(language, *parts)]
    calls = []
    for index in range(count):
        parts = known[index % len(known)]
        tape = Tape(f"menu: {parts[-1]}", language, Outcome.IVR).quiet(rng.uniform(0.1, 1.2))
        tape.say(*parts, gap_s=rng.uniform(0.2, 0.6)).quiet(3.0).say(*parts)
        calls.append(tape.over_the_line(rng))
    return calls


def toneful(language: str, rng: Random, count: int) -> list[Call]:
    """Fax machines, silence, ringing and engaged lines."""
    calls = []
    for index in range(count):
        kind = ("fax", "calling fax", "silence", "ringing", "busy", "information")[index % 6]
        label = Outcome.FAX if "fax" in kind else Outcome.UNKNOWN
        tape = Tape(kind, language, label).quiet(rng.uniform(0.1, 1.5))
        match kind:
            case "fax":
                tape.audio(fax(rng))
            case "calling fax":
                tape.audio(calling_fax())
            case "ringing":
                for _ in range(8):
                    tape.audio(ringing(rng, index // 6))
            case "busy":
                tape.audio(busy(rng))
            case "information":
                tape.audio(information())
                if has(language, "ss-noservice"):
                    tape.say("ss-noservice")
        calls.append(tape.over_the_line(rng))
    return calls


def calls_of(languages: tuple[str, ...], seed: int, scale: float = 1.0) -> list[Call]:
    """The calls of these languages; `scale` 1: 185 of each, of which 80 are people's."""
    calls: list[Call] = []
    for language in languages:
        rng = Random(f"{seed} {language}")
        calls += people(language, rng, round(80 * scale))
        calls += machines(language, rng, round(45 * scale))
        calls += screening(language, rng, round(16 * scale))
        calls += menus(language, rng, round(26 * scale))
        calls += toneful(language, rng, round(18 * scale))
    return calls
