"""Two legs of one engine that talk to each other through a relay which loses packets."""

from __future__ import annotations

from contextlib import ExitStack
from random import Random
from types import TracebackType

from aywa._native.engine import NativeEngine
from aywa._native.leg import NativeLeg
from aywa.media.events import LegEvent, parse_native
from aywa.media.format import MediaFormat
from aywa.media.wire import native_wire, rate_hz_of
from tests.kit.engine_rig import TICK_NS, bound_socket, drain, peer_word


class TwoLegs:
    """`legs[0]` and `legs[1]`; `loss`: share of the packets of each way that the relay drops."""

    def __init__(self, format: MediaFormat, *, loss: float, seed: int, tones: bool = False) -> None:
        self._stack = ExitStack()
        self._rng, self._loss = Random(seed), loss
        self.engine = NativeEngine(4)
        self.engine.start_manual(0)
        self.legs, self._ends, self._doors = [], [], []
        self.events: list[list[LegEvent]] = [[], []]
        for number in range(2):
            end, door = self._stack.enter_context(bound_socket()), self._stack.enter_context(bound_socket())
            leg = NativeLeg(
                end.fileno(),
                wire=native_wire(format, rate_hz_of(format)),
                ssrc=100 + number,
                sequence=self._rng.getrandbits(15),
                timestamp=self._rng.getrandbits(32),
                barge_in=False,
                timeout_samples=8000 * 3600,
                record=False,
                vad_mode=1,
                start_ms=34,
                stop_ms=400,
                echo_guard=True,
                tones=tones,
            )
            leg.set_peer(peer_word(door))
            self.engine.add(leg)
            self.legs.append(leg)
            self._ends.append(end)
            self._doors.append(door)
        self._tick = 0

    def __enter__(self) -> TwoLegs:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.engine.close()
        self._stack.close()

    def wait_ms(self, ms: int) -> None:
        """The engine turns, the relay carries."""
        for _ in range(ms):
            self.engine.step(self._tick * TICK_NS, self._tick * TICK_NS)
            self._tick += 1
            for number in range(2):
                for data in drain(self._doors[number]):
                    if self._rng.random() >= self._loss:
                        # From its own door, so that the other leg knows whom it hears.
                        self._doors[1 - number].sendto(data, self._ends[1 - number].getsockname())
            for index, _, events in self.engine.poll()[0]:
                self.events[index] += [parse_native(*numbers) for numbers in events]
