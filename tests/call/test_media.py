"""What a call does with its leg: uplink audio and its places."""

from __future__ import annotations

import trio
import trio.testing

from aywa.media.events import PcmReady
from tests.kit.call_world import CallWorld


async def test_the_recogniser_is_told_where_each_piece_stands(
    autojump_clock: trio.testing.MockClock,
) -> None:
    world = CallWorld()
    async with world.call() as person:
        person.leg.uplink += [(bytes(1280), 800), (bytes(640), 5000)]
        person.leg.emit(PcmReady())
        await trio.sleep(1)
        assert world.stt.sessions[0].fed == [(640, 800), (320, 5000)]
        person.session.remote_hangs_up()
