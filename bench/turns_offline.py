"""How well the endpointer tells a pause from an end, from text alone: false cut-ins against response delay.

    python -m bench.turns_offline [--tuned] [--seed N] [--rounds N] [MODE ...]

No audio and no sockets: the endpointer itself, told what an engine and a recogniser would tell it.
Sentences are the transcripts of Debian's asterisk-core-sounds (single ones of 4 to 16 words, as
`bench/turns` takes them) and callers' sentences of `turns_callers`. Words last as long as their letters;
a partial comes 150 ms after a word, the engine's end of speech 200 ms and the final 300 ms after the last
one. A sentence is said with a pause of 200 to 1500 ms at a random boundary between two words; what
services take (300 ms) is in the response. Thresholds were chosen on one half of the sentences, by a hash
of their names; the other half is judged.
"""

from __future__ import annotations

import argparse
import gzip
import re
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from random import Random
from statistics import quantiles

from aywa.call.start_plan import start_plan, usual_endpointing
from aywa.model.start_speaking import StartSpeakingPlan
from aywa.turn.endpointing import Boundary, Endpointer, UserTurn
from aywa.turn.endpointing_settings import EndpointingMode, EndpointingSettings
from aywa.turn.settings import TurnSettings
from bench.turns_callers import CALLERS, QUESTIONS

DOCS = Path("/usr/share/doc")
RECORDED = ("en", "es", "fr", "it", "ru")
PARTIAL_S, STOP_S, FINAL_S, SERVICES_S = 0.15, 0.2, 0.3, 0.3
ONSET_S = 0.05  # until the engine is sure that somebody speaks
PAUSE_S = (0.2, 1.5)
_SAMPLES = 8000
_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
_PIECE = re.compile(r"[\[\]()<>?*=\d]")
_INSIDE = re.compile(r"[.!?;:…].")


class Spelling(Enum):
    """What the recogniser writes."""

    PLAIN = "small letters, no marks"
    MARKS = "the sentence's own marks"
    DOTS = "a period at every pause"


@dataclass(frozen=True, slots=True)
class Sentence:
    """One to be said."""

    language: str
    name: str
    text: str
    caller: bool

    @property
    def judged(self) -> bool:
        """Whether figures are given on it; thresholds may be chosen on the others."""
        return zlib.crc32(self.name.encode()) % 2 == 1


def words_of(text: str) -> list[str]:
    """As a recogniser writes them without marks."""
    return [word.lower() for word in _WORD.findall(text)]


def prompts(language: str) -> Iterator[Sentence]:
    """Single sentences of the recorded prompts' transcripts; none where they are not installed."""
    path = DOCS / f"asterisk-core-sounds-{language}/core-sounds-{language}.txt.gz"
    lines = (
        gzip.decompress(path.read_bytes()).decode("utf-8", "replace").splitlines() if path.exists() else []
    )
    for line in lines:
        name, colon, raw = line.partition(":")
        raw, text = raw.strip(), raw.strip(" .…\"'")
        piece = raw.startswith(("...", "…", '"')) or raw.rstrip(' "').endswith(("..", "…", ",", ":"))
        if not colon or line.startswith(";") or not text or piece:
            continue
        if not _PIECE.search(text[:-1]) and not _INSIDE.search(text) and 4 <= len(words_of(text)) <= 16:
            yield Sentence(language, name.strip(), raw, caller=False)


def sentences() -> list[Sentence]:
    """All of them."""
    found = [each for language in RECORDED for each in prompts(language)]
    for language, texts in CALLERS.items():
        found += [Sentence(language, text, text, caller=True) for text in texts]
    return found


@dataclass(frozen=True, slots=True)
class Told:
    """What a sentence came to: whether a turn was taken in its pause, and the delays of its answer, seconds.

    `ahead_s` with an answer that is begun at the first boundary of the whole text, `delay_s` with one that is
    begun when the turn is taken.
    """

    cut: bool | None
    delay_s: float
    ahead_s: float


@dataclass(slots=True)
class _Run:
    endpointer: Endpointer
    taken: list[tuple[float, str]] = field(default_factory=list)
    boundaries: list[tuple[float, str]] = field(default_factory=list)

    def until(self, moment: float) -> None:
        while (deadline := self.endpointer.deadline) is not None and deadline <= moment:
            self.endpointer.handle_timers(deadline)
            self.drain(deadline)

    def drain(self, now: float) -> None:
        for result in self.endpointer.results():
            if isinstance(result, UserTurn):
                self.taken.append((now, result.text))
            elif isinstance(result, Boundary):
                self.boundaries.append((now, result.text))


def say(
    sentence: Sentence, endpointer: Endpointer, spelling: Spelling, rng: Random, *, asked: str = ""
) -> Told:
    """Say it with a pause, and see when the turn is taken."""
    words = words_of(sentence.text) if spelling is Spelling.PLAIN else sentence.text.split()
    place = rng.randrange(1, len(words)) if len(words) > 1 else 0
    pause_s = rng.uniform(*PAUSE_S)
    run = _Run(endpointer)
    run.endpointer.assistant_said(asked)
    first, now = 100.0, 100.0
    parts = (words[:place], words[place:]) if place else (words,)
    for number, part in enumerate(parts, 1):
        ended = _stretch(run, part, now, spelling, last=number == len(parts))
        now = ended + pause_s
        run.until(now + (ONSET_S if place and ended < first + 60 else 0.0))
    over = now - pause_s
    run.until(over + 30.0)
    cut = None if not place else any(moment < over for moment, _ in run.taken)
    taken = (
        next(moment for moment, _ in run.taken if moment >= over - 0.001)
        if run.taken[-1][0] >= over
        else over
    )
    ready = max((moment for moment, _ in run.boundaries), default=taken)
    delay_s = taken - over
    return Told(cut, delay_s + SERVICES_S, max(delay_s, ready + SERVICES_S - over))


def _stretch(run: _Run, words: list[str], begun: float, spelling: Spelling, *, last: bool) -> float:
    """Say words without a pause; the moment of their end."""
    endpointer = run.endpointer
    endpointer.speech_started(int(begun * _SAMPLES), begun + ONSET_S)
    now = begun
    due: list[tuple[float, str]] = []
    for count, word in enumerate(words, 1):
        now += 0.09 + 0.055 * len(word)
        due.append((now + PARTIAL_S, " ".join(words[:count])))
    text = due[-1][1]
    if spelling is not Spelling.PLAIN and last and text[-1] not in ".!?":
        text += "."
    if spelling is Spelling.DOTS and not last:
        text = text.rstrip(",.!?") + "."
    stopped = False
    for moment, partial in due:
        if moment > now + STOP_S and not stopped:
            stopped = True
            _stop(run, now)
        run.until(moment)
        endpointer.partial(partial, moment)
        run.drain(moment)
    if not stopped:
        _stop(run, now)
    run.until(now + FINAL_S)
    endpointer.final(text, now + FINAL_S, int(begun * _SAMPLES), int(now * _SAMPLES))
    run.drain(now + FINAL_S)
    return now


def _stop(run: _Run, now: float) -> None:
    run.until(now + STOP_S)
    run.endpointer.speech_stopped(int(now * _SAMPLES), now + STOP_S, STOP_S)
    run.drain(now + STOP_S)


def planned(plan: dict[str, object]) -> TurnSettings:
    """The settings of a startSpeakingPlan."""
    usual = TurnSettings(endpointing=usual_endpointing("model", ""))
    return start_plan(StartSpeakingPlan.model_validate(plan), usual)


def _fixed(wait_s: float) -> TurnSettings:
    return TurnSettings(wait_s=wait_s, endpointing=EndpointingSettings(EndpointingMode.FIXED))


MODES: dict[str, TurnSettings] = {
    "fixed-450": _fixed(0.45),
    "fixed-700": _fixed(0.7),
    "fixed-1000": _fixed(1.0),
    "transcript": planned({"smartEndpointingPlan": {"provider": "vapi"}}),
    "adaptive": planned({"smartEndpointingPlan": {"provider": "aywa", "mode": "adaptive"}}),
    "curve of the plan": planned({"smartEndpointingPlan": {"provider": "livekit"}}),
    "model": TurnSettings(endpointing=usual_endpointing("model", "")),
}


@dataclass(frozen=True, slots=True)
class Row:
    """Figures of some sentences in a mode: the share of pauses that were cut into, and delays in ms."""

    cut: float
    ahead_p50: float
    ahead_p95: float
    delay_p50: float
    delay_p95: float
    count: int


def figures(told: list[Told]) -> Row:
    """Of at least two sentences."""
    pauses = [each.cut for each in told if each.cut is not None]
    ahead = quantiles([1000 * each.ahead_s for each in told], n=20, method="inclusive")
    delay = quantiles([1000 * each.delay_s for each in told], n=20, method="inclusive")
    return Row(sum(pauses) / max(1, len(pauses)), ahead[9], ahead[18], delay[9], delay[18], len(told))


def measure(
    mode: str, chosen: list[Sentence], spelling: Spelling, *, seed: int, rounds: int
) -> dict[str, Row]:
    """Rows by language, and "all"."""
    told: dict[str, list[Told]] = {}
    # One caller a language: whoever learns pauses has some to learn from.
    callers = {each.language: Endpointer(MODES[mode]) for each in chosen}
    for sentence in chosen:
        rng = Random(f"{seed} {sentence.language} {sentence.name}")
        asked = QUESTIONS[sentence.language] if sentence.caller else ""
        for _ in range(rounds):
            callers[sentence.language] = caller = callers[sentence.language].renewed()
            one = say(sentence, caller, spelling, rng, asked=asked)
            told.setdefault(sentence.language, []).append(one)
            told.setdefault("all", []).append(one)
    return {language: figures(each) for language, each in told.items()}


def _line(mode: str, spelling: Spelling, language: str, row: Row) -> str:
    ahead = f"{row.ahead_p50:.0f} / {row.ahead_p95:.0f}"
    delay = f"{row.delay_p50:.0f} / {row.delay_p95:.0f}"
    return f"| {mode} | {spelling.name.lower()} | {language} | {100 * row.cut:.0f} % | {ahead} | {delay} |"


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("modes", nargs="*", metavar="MODE", help=", ".join(MODES))
    parser.add_argument("--tuned", action="store_true", help="the half that thresholds were chosen on")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=4, help="pauses drawn for each sentence")
    chosen = parser.parse_args()
    everything = [each for each in sentences() if each.judged is not chosen.tuned]
    for caller in (False, True):
        group = [each for each in everything if each.caller is caller]
        print(f"\n## {'Callers' if caller else 'Recorded prompts'}: {len(group)} sentences\n")
        print(
            "| mode | transcript | language | false cut-ins | response p50 / p95 ms | without speculation |"
        )
        print("|---|---|---|--:|--:|--:|")
        for mode in chosen.modes or MODES:
            for spelling in Spelling:
                rows = measure(mode, group, spelling, seed=chosen.seed, rounds=chosen.rounds)
                for language, row in sorted(rows.items()):
                    if language == "all" or mode == "model":
                        print(_line(mode, spelling, language, row))
    return 0


if __name__ == "__main__":
    sys.exit(main())
