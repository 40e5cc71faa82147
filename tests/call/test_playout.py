"""How much of an answer waits in the ring."""

from __future__ import annotations

import trio
import trio.testing

from aywa.call.playout import LOOKAHEAD, Playout
from aywa.media.format import Codec, MediaFormat, PayloadFormat
from aywa.media.leg import LegParameters
from tests.kit.engine_rig import Rig
from tests.kit.fake_leg import RING, FakeLeg

PCMU = PayloadFormat(Codec.PCMU, 0)


def test_the_engine_has_room_for_the_lookahead() -> None:
    """Otherwise the ring, and not the constant, is what bounds it."""
    with Rig() as rig:
        assert LOOKAHEAD <= rig.leg.want_room() == RING


async def test_never_more_than_the_lookahead(autojump_clock: trio.testing.MockClock) -> None:
    leg = FakeLeg(LegParameters(("127.0.0.1", 4000), MediaFormat(send=PCMU, receive=(PCMU,)), 1))
    most = 0
    playout = Playout(leg, lambda event: None, lambda turn, sample: None)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(leg.run)
        nursery.start_soon(playout.write, 1, 0, b"\x00\x20" * 40_000)
        for _ in range(300):
            await trio.sleep(0.01)
            most = max(most, leg.waiting)
        nursery.cancel_scope.cancel()
    assert LOOKAHEAD - 160 <= most <= LOOKAHEAD
