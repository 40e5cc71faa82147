"""One caller: carries out the acts of a dialogue, hears what comes, and keeps both."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from aywa._native.g711 import decode_ulaw, encode_ulaw
from bench.turns.dialogue import Act, Dialogue, Disturb, Say
from bench.turns.line import FRAME, FRAME_S
from bench.turns.recordings import RATE, Spoken
from bench.turns.sounds import Kind

PARTIAL_S = 0.15  # after a word, until the recogniser has it
FINAL_S = 0.3  # of silence after a word, until the recogniser finalises
QUIET_S = 1.0  # of silence, after which the assistant has finished
ANSWER_BOUND_S = 5.0
ANSWER_OVER_BOUND_S = 12.0
_TALKSPURT_S = 0.25
_VERDICT_S = 1.3  # after a sound: who has not gone on by then does not
_IDLE_S = 2.2
_SILENT = b"\xff\x7f"


@dataclass(frozen=True, slots=True)
class Acted:
    """An act that was carried out: the moments (s of CLOCK_MONOTONIC) of its first sample and its end."""

    index: int
    begun: float
    over: float


@dataclass(slots=True)
class Packet:
    """Received audio."""

    at: float
    sequence: int
    timestamp: int
    payload: bytes


@dataclass(slots=True)
class Heard:
    """What a call came to, for the judge. Moments are seconds of CLOCK_MONOTONIC."""

    dialogue: Dialogue
    packets: list[Packet] = field(default_factory=list)
    acts: list[Acted] = field(default_factory=list)
    skipped: list[int] = field(default_factory=list)
    stalls: list[tuple[float, float]] = field(default_factory=list)  # when the machine stood still
    failed: str = ""


@dataclass(slots=True, eq=False)
class _Playing:
    pcm: NDArray[np.float64]
    start: int


class Caller:
    """A party of the line. `tell` sends the recogniser what it shall know; `over` is called at the end."""

    def __init__(self, dialogue: Dialogue, tell: Callable[[bytes], None], over: Callable[[], None]) -> None:
        self.result = Heard(dialogue)
        self._dialogue = dialogue
        self._tell = tell
        self._over = over
        self._rng = np.random.default_rng(dialogue.seed)
        self._position = 0  # samples sent
        self._now = 0.0
        self._playing: list[_Playing] = []
        self._due: list[tuple[float, int, bytes]] = []
        self._told = 0
        self._queue: list[bytes] = []  # received and not yet played by the telephone
        self._ear = np.zeros(0)  # what the telephone has played lately, for its echo
        self._last_content = -1.0
        self._content_since: float | None = None
        self._script: Iterator[None] | None = self._run()

    def heard(self, at: float, sequence: int, timestamp: int, payload: bytes) -> None:
        """A packet came."""
        self.result.packets.append(Packet(at, sequence, timestamp, payload))
        if payload.strip(_SILENT):
            if self._content_since is None or at - self._last_content > _TALKSPURT_S:
                self._content_since = at
            self._last_content = at
        if self._dialogue.echo is not None:
            self._queue.append(payload)

    def tick(self, now: float) -> bytes | None:
        """The next 20 ms."""
        self._now = now
        if self._script is not None:
            try:
                next(self._script)
            except StopIteration:
                self._script = None
                self._over()
        while self._due and self._due[0][0] <= now:
            self._tell(heappop(self._due)[2])
        frame = self._frame()
        self._position += FRAME
        if self._dialogue.loss and self._rng.random() < self._dialogue.loss:
            return None
        return encode_ulaw(np.clip(frame, -32000, 32000).astype("<i2").tobytes())

    def _frame(self) -> NDArray[np.float64]:
        frame = np.zeros(FRAME)
        for sound in tuple(self._playing):
            at = self._position - sound.start
            piece = sound.pcm[at : at + FRAME]
            frame[: len(piece)] += piece
            if at + FRAME >= len(sound.pcm):
                self._playing.remove(sound)
        if self._dialogue.noise:
            frame += self._rng.uniform(-self._dialogue.noise, self._dialogue.noise, FRAME)
        echo = self._dialogue.echo
        if echo is not None:
            frame += self._echo(int(echo.delay_ms * RATE / 1000)) * 10 ** (-echo.loss_db / 20)
        return frame

    def _echo(self, delay: int) -> NDArray[np.float64]:
        played = np.zeros(FRAME)
        if self._queue:
            played[:] = np.frombuffer(decode_ulaw(self._queue.pop(0).ljust(FRAME, b"\xff")), "<i2")[:FRAME]
            del self._queue[:-3]  # a telephone does not hold more back
        self._ear = np.concatenate([self._ear, played])[-(delay + FRAME) :]
        return self._ear[:FRAME] if len(self._ear) == delay + FRAME else np.zeros(FRAME)

    # --- the script, a step each 20 ms --------------------------------------------------------------------

    def _run(self) -> Iterator[None]:
        yield from self._until_quiet(ANSWER_OVER_BOUND_S)
        acts = self._dialogue.acts
        for index, act in enumerate(acts):
            following = acts[index + 1] if index + 1 < len(acts) else None
            if act.after_s is None:
                yield from self._in_turn(index, act, following)
            else:
                yield from self._over_answer(index, act, act.after_s, last=following is None)
        yield from self._rest(0.1)

    def _in_turn(self, index: int, act: Act, following: Act | None) -> Iterator[None]:
        yield from self._rest(0.3)
        yield from self._play(index, act)
        if isinstance(act, Say):
            yield from self._until_answer()
            if following is None or following.after_s is None:
                yield from self._until_quiet(ANSWER_OVER_BOUND_S)
        else:
            yield from self._rest(_IDLE_S)

    def _over_answer(self, index: int, act: Act, after_s: float, *, last: bool) -> Iterator[None]:
        since = self._content_since
        if since is None or not self._speaking():
            self.result.skipped.append(index)
            return
        while self._now < since + after_s:
            yield
        if not self._speaking():
            self.result.skipped.append(index)
            return
        if isinstance(act, Disturb) and act.kind is Kind.ECHO:
            begun = self._now
            yield from self._until_quiet(ANSWER_OVER_BOUND_S)
            self.result.acts.append(Acted(index, begun, self._now))
            return
        yield from self._play(index, act)
        if isinstance(act, Say):
            yield from self._until_answer()
            yield from self._rest(0.3)
        else:
            yield from self._rest(_VERDICT_S)
        if not last:
            yield from self._until_quiet(ANSWER_OVER_BOUND_S)

    def _play(self, index: int, act: Act) -> Iterator[None]:
        begun = self._now
        self._playing.append(_Playing(act.pcm, self._position))
        self._schedule(begun, act.words)
        yield from self._rest(len(act.pcm) / RATE)
        self.result.acts.append(Acted(index, begun, begun + len(act.pcm) / RATE))

    def _rest(self, seconds: float) -> Iterator[None]:
        until = self._now + seconds
        while self._now < until:
            yield

    def _until_quiet(self, bound_s: float) -> Iterator[None]:
        until = self._now + bound_s
        while self._now < until and (self._last_content < 0 or self._now - self._last_content < QUIET_S):
            yield

    def _until_answer(self) -> Iterator[None]:
        until = self._now + ANSWER_BOUND_S
        yield from self._rest(0.1)
        while self._now < until and not self._speaking():
            yield

    def _speaking(self) -> bool:
        return self._last_content >= 0 and self._now - self._last_content < 3 * FRAME_S

    # --- what the recogniser will be told -----------------------------------------------------------------

    def _schedule(self, begun: float, words: tuple[Spoken, ...]) -> None:
        """Partials after each word; a final after each silence."""
        segment: list[Spoken] = []
        for at, word in enumerate(words):
            segment.append(word)
            ends = begun + word.end / RATE
            self._later(ends + PARTIAL_S, "partial", segment, begun)
            following = words[at + 1].start if at + 1 < len(words) else None
            if following is None or (following - word.end) / RATE >= FINAL_S:
                self._later(ends + FINAL_S, "final", segment, begun)
                segment = []

    def _later(self, at: float, kind: str, words: list[Spoken], begun: float) -> None:
        message = {
            "d": self._dialogue.id,
            "kind": kind,
            "text": " ".join(word.word for word in words),
            "start": begun + words[0].start / RATE,
            "end": begun + words[-1].end / RATE,
        }
        self._told += 1
        heappush(self._due, (at, self._told, json.dumps(message).encode()))
