"""A placed call whose answer is no use."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import trio
import trio.testing

from aywa.caller.session import CallPlan, place_call
from aywa.media.engine import open_media_engine
from aywa.proto.sdp.description import SessionDescription
from aywa.settings import MediaSettings
from aywa.ua import IncomingCall
from aywa.ua.session import SessionEnded
from tests.kit.sip_agents import ALICE_URI, answer, open_agents


def unusable() -> SessionDescription:
    """An answer with a codec that was not offered."""
    given = answer()
    return replace(given, media=(replace(given.media[0], formats=("18",), attributes=()),))


async def test_an_answer_without_a_common_codec_is_hung_up_and_reported(
    autojump_clock: trio.testing.MockClock,
) -> None:
    ends: list[SessionEnded] = []

    async def on_call(call: IncomingCall) -> None:
        session = await call.answer(unusable())
        ends.append(await session.wait_ended())

    media = MediaSettings(rtp_port_min=28_300, rtp_port_max=28_310, realtime=False, port_quarantine_s=0)
    async with open_media_engine(media, rng=Random(1)) as engine, open_agents(on_call) as agents:
        free = engine.load().free_ports
        placed = await place_call(
            agents.alice,
            engine,
            CallPlan(agents.bob_uri, ALICE_URI),
            rng=Random(2),
            observer=lambda kind, data: None,
        )
        assert (placed.report.ended_by, placed.report.sip_status) == ("no common codec", 488)
        assert placed.report.answered_ms is None
        assert placed.stereo == b""
        assert engine.load().free_ports == free
        assert [end.by_remote for end in ends] == [True]
