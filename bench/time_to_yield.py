"""How soon the engine falls silent for a caller, without network, clock or Python in between.

The very engine on a clock of its own: a leg that plays is interrupted by recorded sentences in five languages
over lines that lose packets. The figure runs from the first audible sample sent (-42 dBFS) to the last
audible one received, as in `bench.turns`: a packet's first sample is heard when the packet is.

    python -m bench.time_to_yield [--calls N] [--prompts tuned|judged|all]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray

from aywa._native.engine import NativeEngine
from aywa._native.g711 import decode_ulaw, encode_ulaw
from aywa._native.leg import NativeLeg
from aywa._native.rtp import pack_header
from aywa.caller.measure import percentile
from aywa.media.events import GateClosed, parse_native
from aywa.media.wire import native_wire
from bench.turns.dialogue import chosen
from bench.turns.recordings import AUDIBLE, LANGUAGES, RATE, Pcm, installed
from bench.turns.sounds import ACKNOWLEDGED, acknowledgement, babble, beeping, cough
from tests.kit.engine_rig import FRAME, TICK_NS, bound_socket, peer_word
from tests.kit.formats import g711_format

LOSSES = (0.0, 0.01, 0.03, 0.05)
NOISES = (0.0, 8.0, 16.0, 32.0)  # amplitudes of the line's noise, as in `bench.turns`
TALKS_FROM_MS = 400  # by the time of the interruption the echo guard knows that the line has no echo
BEFORE_MS = 1500
AFTER_MS = 900
FRAME_MS = 20
_AT_ONCE = 60
_HEADER = 12


@dataclass(frozen=True, slots=True)
class Interruption:
    """A sound over the assistant. `into`: samples of its packet before its first one."""

    what: str
    pcm: Pcm
    loss: float
    noise: float
    into: int
    phase_ms: int
    seed: int


@dataclass(frozen=True, slots=True)
class Yielded:
    """What came of one. Milliseconds from its first audible sample; None: nothing did."""

    of: Interruption
    closed_ms: float | None  # until the gate closed
    silent_ms: float | None  # until the last audible sample was received
    closings: int


class _Call:
    """A leg that plays and the phone that interrupts it."""

    def __init__(
        self, interruption: Interruption, stack: ExitStack, engine: NativeEngine, assistant: bytes
    ) -> None:
        self.of = interruption
        own = stack.enter_context(bound_socket())
        self.phone = stack.enter_context(bound_socket())
        self._to = ("127.0.0.1", own.getsockname()[1])
        self.leg = NativeLeg(
            own.fileno(), wire=native_wire(g711_format(0, 101), RATE), ssrc=1, sequence=10, timestamp=1000,
            barge_in=True, timeout_samples=8000 * 3600, record=False, vad_mode=1, start_ms=34, stop_ms=200,
            echo_guard=True, follows=True,
        )  # fmt: skip
        self.leg.set_peer(peer_word(self.phone))
        self.index = engine.add(self.leg)
        self._assistant = assistant
        self._written = 0
        rng = np.random.default_rng(interruption.seed)
        frames = (BEFORE_MS + AFTER_MS) // FRAME_MS
        line = rng.uniform(-1, 1, frames * FRAME) * interruption.noise
        begin = BEFORE_MS // FRAME_MS * FRAME + interruption.into
        pcm = interruption.pcm[: len(line) - begin]
        line[begin : begin + len(pcm)] += pcm
        self._codes = encode_ulaw(np.clip(line, -32000, 32000).astype("<i2").tobytes())
        self._lost = rng.random(frames) < interruption.loss
        self._lost[0] = False
        audible = begin + int(np.flatnonzero(np.abs(interruption.pcm) >= AUDIBLE)[0])
        self._begun_ms = interruption.phase_ms + begin * 1000 / RATE
        self.onset_ms = interruption.phase_ms + audible * 1000 / RATE
        self.closed: list[float] = []
        self._last = -1.0

    def send(self, ms: int) -> None:
        """The packet of this millisecond, if one is due and not lost."""
        number, off = divmod(ms - self.of.phase_ms, FRAME_MS)
        if off or number < 0 or number >= len(self._lost) or self._lost[number]:
            return
        head = pack_header(0, number == 0, number, number * FRAME, 0x1234)
        self.phone.sendto(head + self._codes[number * FRAME : (number + 1) * FRAME], self._to)

    def feed(self) -> None:
        """Keep the assistant talking."""
        if not self.closed:
            self._written += self.leg.write(self._assistant[2 * self._written : 2 * self._written + 3200], 0)

    def hear(self, ms: int) -> None:
        """What has come in this millisecond."""
        while True:
            try:
                data = self.phone.recv(512)
            except BlockingIOError:
                return
            pcm = np.abs(np.frombuffer(decode_ulaw(data[_HEADER:]), "<i2").astype(np.int32))
            loud = np.flatnonzero(pcm >= AUDIBLE)
            if len(loud):
                self._last = ms + (int(loud[-1]) + 1) * 1000 / RATE

    def result(self) -> Yielded:
        """After the last millisecond."""
        closed = next((at - self.onset_ms for at in self.closed if at >= self._begun_ms - 1), None)
        silent = None if closed is None else max(0.0, self._last - self.onset_ms)
        return Yielded(self.of, closed, silent, len(self.closed))


def interrupt(interruptions: Sequence[Interruption], assistant: bytes) -> list[Yielded]:
    """All of them, at once."""
    with ExitStack() as stack:
        engine = NativeEngine(len(interruptions))
        engine.start_manual(0)
        stack.callback(engine.close)
        calls = [_Call(each, stack, engine, assistant) for each in interruptions]
        by_index = {call.index: call for call in calls}
        for ms in range(BEFORE_MS + AFTER_MS):
            for call in calls:
                call.send(ms)
            if ms >= TALKS_FROM_MS and ms % 100 == 0:
                for call in calls:
                    call.feed()
            engine.step(ms * TICK_NS, ms * TICK_NS)
            for index, _flags, events in engine.poll()[0]:
                for numbers in events:
                    if isinstance(parse_native(*numbers), GateClosed):
                        call = by_index[index]
                        call.closed.append(float(ms))
            for call in calls:
                call.hear(ms)
        return [call.result() for call in calls]


def assistant_audio(rng: Random) -> bytes:
    """Two voices at once: there is always something to fall silent."""
    pcm = np.zeros((BEFORE_MS + AFTER_MS + 1000) * RATE // 1000)
    for _ in range(2):
        voice = np.concatenate([each.pcm for each in rng.sample(chosen(rng.choice(LANGUAGES), "all"), 8)])
        voice = voice[np.abs(voice) > 60]
        pcm += np.resize(voice, len(pcm)) * 0.7
    return np.clip(pcm, -32000, 32000).astype("<i2").tobytes()


def sentences(count: int, prompts: str, rng: Random) -> list[Interruption]:
    """So many in each language at each loss."""
    return [
        _over(language, rng.choice(chosen(language, prompts)).pcm, loss, rng)
        for language in LANGUAGES
        for loss in LOSSES
        for _ in range(count)
    ]


def sounds(count: int, rng: Random) -> list[Interruption]:
    """So many of each kind of what asks for nothing."""
    found = []
    for at in range(count):
        language = LANGUAGES[at % len(LANGUAGES)]
        spoken = acknowledgement(language, rng.choice(ACKNOWLEDGED[language])).pcm
        found.append(_over("acknowledgement", spoken * rng.uniform(0.4, 0.9), 0.0, rng))
        found.append(_over("cough", cough(rng), 0.0, rng))
        found.append(_over("tone", beeping(rng), 0.0, rng))
        found.append(_over("babble", babble(rng, (language, "en")), 0.0, rng))
        found.append(_over("click under 30 ms", _click(rng), 0.0, rng))
        found.append(_over("click under 30 ms, 5 % lost", _click(rng), 0.05, rng))
    return found


def _click(rng: Random) -> Pcm:
    """A burst of noise or of a tone that dies away, 5 to 29 ms."""
    count = int(rng.uniform(5, 29) * RATE / 1000)
    draw = np.random.default_rng(rng.getrandbits(32))
    burst: NDArray[np.float64] = draw.normal(0, 1, count)
    if rng.random() < 0.5:
        burst = np.sin(np.arange(count) * rng.uniform(0.1, 1.5))
    shape = np.exp(-np.arange(count) / (count * rng.uniform(0.2, 2)))
    return np.asarray(np.clip(burst * shape * rng.uniform(2000, 16000), -32000, 32000))


def _over(what: str, pcm: Pcm, loss: float, rng: Random) -> Interruption:
    noise, into, phase_ms = rng.choice(NOISES), rng.randrange(FRAME), rng.randrange(FRAME_MS)
    return Interruption(what, pcm, loss, noise, into, phase_ms, rng.getrandbits(32))


def judged_all(interruptions: Sequence[Interruption], rng: Random) -> list[Yielded]:
    """Of all, some at a time."""
    found = []
    order = list(interruptions)
    rng.shuffle(order)
    for at in range(0, len(order), _AT_ONCE):
        found += interrupt(order[at : at + _AT_ONCE], assistant_audio(rng))
    return found


def _line(name: str, rows: Sequence[Yielded]) -> str:
    silent = [row.silent_ms for row in rows if row.silent_ms is not None]
    closed = [row.closed_ms for row in rows if row.closed_ms is not None]
    if not silent:
        return f"| {name} | {len(rows)} | {len(rows)} | - | - | - | - | - |"
    figures = [percentile(silent, share) for share in (0.5, 0.95, 0.99)]
    figures += [percentile(closed, share) for share in (0.5, 0.95)]
    shown = " | ".join(f"{figure:.0f}" for figure in figures if figure is not None)
    return f"| {name} | {len(rows)} | {len(rows) - len(silent)} | {shown} |"


def tables(spoken: Sequence[Yielded], others: Sequence[Yielded]) -> str:
    """As Markdown."""
    lines = ["| interruptions | of them | missed | silent p50 ms | p95 | p99 | gate closed p50 ms | p95 ms |"]
    lines.append("|---|--:|--:|--:|--:|--:|--:|--:|")
    lines.append(_line("all", spoken))
    groups: list[tuple[str, list[Yielded]]] = []
    groups += [
        (f"{loss * 100:.0f} % lost", [row for row in spoken if row.of.loss == loss]) for loss in LOSSES
    ]
    groups += [(language, [row for row in spoken if row.of.what == language]) for language in LANGUAGES]
    groups += [(f"noise {noise:.0f}", [row for row in spoken if row.of.noise == noise]) for noise in NOISES]
    lines += [_line(name, rows) for name, rows in groups]
    lines += ["", "| sound | of them | stopped the assistant |", "|---|--:|--:|"]
    for what in dict.fromkeys(row.of.what for row in others):
        rows = [row for row in others if row.of.what == what]
        lines.append(f"| {what} | {len(rows)} | {sum(row.closings > 0 for row in rows)} |")
    return "\n".join(lines)


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=60, help="of each language at each loss")
    parser.add_argument("--prompts", default="judged", choices=("tuned", "judged", "all"))
    parser.add_argument("--seed", type=int, default=2112)
    args = parser.parse_args()
    missing = installed(LANGUAGES)
    if missing:
        print(f"install {' '.join(missing)}", file=sys.stderr)
        return 2
    rng = Random(args.seed)
    spoken = judged_all(sentences(args.calls, args.prompts, rng), rng)
    others = judged_all(sounds(2 * args.calls, rng), rng)
    print(tables(spoken, others))
    return 0


if __name__ == "__main__":
    sys.exit(main())
