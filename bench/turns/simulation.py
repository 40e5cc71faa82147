"""All callers of a run: they call some at a time, and what they heard is returned."""

from __future__ import annotations

import socket
from contextlib import AbstractAsyncContextManager
from random import Random

import trio

from aywa.ids import new_ssrc
from bench.turns.caller import Caller, Heard
from bench.turns.dial import Dial, RefusedError
from bench.turns.dialogue import Dialogue
from bench.turns.line import Line

_CALL_BOUND_S = 90.0
_APART_S = 0.04  # between two INVITEs


class Simulation:
    """Callers of whom `dial` reaches, whose recogniser listens at `stt_port`."""

    def __init__(self, dial: AbstractAsyncContextManager[Dial], stt_port: int, rng: Random) -> None:
        self._opening = dial
        self._stt = ("127.0.0.1", stt_port)
        self._rng = rng
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.latest_s = 0.0  # how late a frame left, at the most

    async def run(self, dialogues: list[Dialogue], at_once: int, stall_s: float) -> list[Heard]:
        """Every dialogue once."""
        waiting, heard = list(dialogues), list[Heard]()
        line = Line(stall_s)

        async def caller(delay_s: float) -> None:
            await trio.sleep(delay_s)
            while waiting:
                heard.append(await self._call(waiting.pop(0), line, dial))

        try:
            async with self._opening as dial, trio.open_nursery() as clock:
                clock.start_soon(line.serve)
                async with trio.open_nursery() as nursery:
                    for number in range(min(at_once, len(dialogues))):
                        nursery.start_soon(caller, number * _APART_S)
                clock.cancel_scope.cancel()
        finally:
            self.latest_s = line.latest_s
            line.close()
            self._socket.close()
        return heard

    async def _call(self, dialogue: Dialogue, line: Line, dial: Dial) -> Heard:
        over = trio.Event()
        caller = Caller(dialogue, self._tell, over.set)
        try:
            async with dial.call(dialogue.id, line.port) as answered:
                line.join(answered.remote, caller, new_ssrc(self._rng))
                try:
                    with trio.move_on_after(_CALL_BOUND_S) as bound:
                        async with trio.open_nursery() as nursery:

                            async def watch() -> None:
                                await answered.wait_ended()
                                caller.result.failed = "hung up by the other side"
                                over.set()

                            nursery.start_soon(watch)
                            await over.wait()
                            nursery.cancel_scope.cancel()
                    if bound.cancelled_caught:
                        caller.result.failed = "did not come to its end"
                finally:
                    line.leave(answered.remote)
                    caller.result.stalls = line.stalls
        except RefusedError as refused:
            caller.result.failed = str(refused)
        return caller.result

    def _tell(self, message: bytes) -> None:
        self._socket.sendto(message, self._stt)
