"""Session timers of 90 s with an Asterisk that requires them: each side's refresh comes, after 45 s."""

from __future__ import annotations

import pytest
import trio

from aywa.proto.sip.session_timer import State
from aywa.proto.sip.uri import Uri
from aywa.settings import SipSettings
from aywa.ua import IncomingCall
from tests.kit.asterisk import Asterisk, channel_to
from tests.kit.station import Station, Talk, open_station

pytestmark = [pytest.mark.interop, pytest.mark.live]
INTERVAL_S = 90
REFRESH_S = INTERVAL_S / 2 + 3


async def test_each_side_refreshes_a_call(asterisk: Asterisk) -> None:
    """Twenty minutes of this are in tests/ua/test_session_features.py; here what Asterisk makes of it."""
    taken: list[Talk] = []

    async def on_call(call: IncomingCall, station: Station) -> None:
        async with station.answer(call) as talk:
            taken.append(talk)
            await trio.sleep_forever()

    settings = SipSettings(host="127.0.0.1", port=0, session_interval_s=INTERVAL_S)
    async with open_station(settings, on_call) as station:
        echo = Uri("sip", "600", host="127.0.0.1", port=asterisk.ports.sip)
        async with station.dial(echo, "timers") as ours:
            await ours.up()
            await asterisk.originate(channel_to("timers", *station.agent.local), "600")
            with trio.fail_after(10):
                while not taken:  # noqa: ASYNC110
                    await trio.sleep(0.1)
            await taken[0].up()
            await trio.sleep(1)
            clocks = [usage.clock for usage in station.agent.endpoint.core.sessions]
            print(f"roles: {[clock.state.name for clock in clocks]}")
            assert [clock.interval_s for clock in clocks] == [INTERVAL_S] * 2
            assert {clock.state for clock in clocks} == {State.REFRESHER, State.REFRESHEE}
            ends = [clock.expire_at for clock in clocks]
            await trio.sleep(REFRESH_S)
            for before, clock in zip(ends, clocks, strict=True):
                assert before is not None
                assert clock.expire_at is not None
                assert clock.expire_at > before + INTERVAL_S / 2 - 1
            assert "2 active channels" in await asterisk.ask("core show channels count")
