"""`python -m bench.rooms [--pairs N] [--seconds S]`: what it costs to let two callers hear each other.

So many pairs of G.711 calls, both sides sending all the time: once apart, once each pair in a room of its
own (adaptive buffer, mix every 10 ms, both ways), once all in rooms of eight. Python takes every call's PCM
in all runs. The difference is the price of the room.
"""

from __future__ import annotations

import argparse
from contextlib import AsyncExitStack
from enum import Enum
from random import Random

import trio

from aywa.log import configure_logging
from aywa.media.engine import MediaEngine, open_media_engine
from aywa.media.events import PcmReady
from aywa.media.format import Codec, MediaFormat, PayloadFormat
from aywa.media.leg import BargeInPolicy, Leg, LegParameters
from bench.loadgen import LoadGenerator, LoadResult, open_load_generator
from bench.media_load import (
    ENGINE_CORE,
    SETTINGS,
    cpu_meter,
    load_core,
    machine,
    pin,
    raise_file_limit,
)

_EIGHT = 8
_PCMU = PayloadFormat(Codec.PCMU, 0)
FORMAT = MediaFormat(send=_PCMU, receive=(_PCMU,))


class Sharing(Enum):
    """How many share a room; each hears all the others."""

    APART = 1
    PAIRS = 2
    EIGHTS = _EIGHT


async def _read(leg: Leg) -> None:
    while True:
        if isinstance(await leg.next_event(), PcmReady):
            leg.read_uplink()


async def _seat(engine: MediaEngine, stack: AsyncExitStack, legs: list[Leg], sharing: Sharing) -> None:
    """Fill rooms."""
    if sharing is Sharing.APART:
        return
    for first in range(0, len(legs), sharing.value):
        room = await stack.enter_async_context(engine.open_room())
        table = legs[first : first + sharing.value]
        seats = [await stack.enter_async_context(room.seat(leg)) for leg in table]
        for seat in seats:
            seat.hear(voices=seats)


async def _measure(
    load: LoadGenerator, sharing: Sharing, warm_up_s: float, seconds: float
) -> tuple[float, float, LoadResult]:
    async with open_media_engine(SETTINGS, rng=Random(2)) as engine, AsyncExitStack() as stack:
        legs, ports = [], []
        for number, remote in enumerate(load.ports):
            ports.append(engine.reserve_port())
            asked = LegParameters(("127.0.0.1", remote), FORMAT, number, barge_in=BargeInPolicy.OFF)
            legs.append(await stack.enter_async_context(engine.open_leg(asked, ports=ports[-1])))
        await _seat(engine, stack, legs, sharing)
        async with trio.open_nursery() as nursery:
            for leg in legs:
                nursery.start_soon(_read, leg)
            load.start([pair.port for pair in ports], warm_up_s=warm_up_s, seconds=seconds)
            await trio.to_thread.run_sync(load.wait_measuring)
            used = cpu_meter()
            heard = await trio.to_thread.run_sync(load.wait_result)
            share, engine_share = used()
            nursery.cancel_scope.cancel()
    return share, engine_share, heard


def main() -> None:
    """Each sharing once, and what it costs more than being apart."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=8.0)
    arguments = parser.parse_args()
    raise_file_limit()
    configure_logging(level="WARNING")
    pin(ENGINE_CORE)
    pairs = arguments.pairs // (_EIGHT // 2) * (_EIGHT // 2)
    print(f"Legs together: {pairs} pairs of G.711 calls ({machine()})\n")
    print("| | CPU % | engine % | engine % a pair | more than apart | pacing p99 ms | lost |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    apart = 0.0
    for sharing in Sharing:
        with open_load_generator(2 * pairs, core=load_core()) as load:
            share, engine, heard = trio.run(_measure, load, sharing, 3.0, arguments.seconds)
        apart = apart or engine
        print(
            f"| {sharing.name.lower()} | {share * 100:.1f} | {engine * 100:.1f} | {engine * 100 / pairs:.4f}"
            f" | {(engine - apart) * 100 / pairs:.4f} | {heard.deviation_us['p99'] / 1000:.2f}"
            f" | {heard.missing} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
