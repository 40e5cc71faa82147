"""Floods from strangers into a live user agent: unanswered, forgotten, and calls of the trunk go on."""

from __future__ import annotations

from random import Random

import pytest
import trio

from aywa.proto.sip.uri import Uri
from aywa.settings import SipSettings
from aywa.ua import open_user_agent
from aywa.ua.rates import BAN_AFTER
from tests.kit.sip_agents import ALICE_URI, offer, refuse_calls, talk
from tests.kit.sip_flood import METHODS, flood

pytestmark = pytest.mark.live
STRANGER = "127.0.0.2"
RATE, SECONDS = 2000.0, 0.5


async def test_a_flood_of_every_method_is_not_even_read() -> None:
    settings = SipSettings(host="127.0.0.1", port=0, trunks=("127.0.0.1",))
    outcomes = []
    async with (
        open_user_agent(settings, rng=Random(1), on_call=talk) as bob,
        open_user_agent(SipSettings(port=0), rng=Random(2), on_call=refuse_calls) as alice,
    ):
        target = Uri("sip", "bob", host="127.0.0.1", port=bob.local[1])
        with trio.fail_after(60):
            for method in METHODS:
                results: list[tuple[int, int]] = []

                async def attack(method: str = method, results: list[tuple[int, int]] = results) -> None:
                    results.append(
                        await trio.to_thread.run_sync(flood, STRANGER, bob.local, method, RATE, SECONDS)
                    )

                async with trio.open_nursery() as nursery:
                    nursery.start_soon(attack)
                    session = await alice.invite(target, from_uri=ALICE_URI, offer=offer())
                    await session.hangup()
                    assert session.ended is not None
                    outcomes.append(session.ended.sip_status)
                assert results[0][1] == 0, f"{method} was answered"
                # Nothing of the flood is a transaction: only the call's own are.
                assert len(bob.endpoint.core.transactions) <= 2 * len(outcomes)
        counters = bob.endpoint.counters
        assert outcomes == [200] * len(METHODS)
        assert counters.unknown_peers < 100
        assert counters.limited <= 2 * BAN_AFTER
        assert counters.bans >= 1
        assert counters.banned > 1000
        assert counters.faults == 0
        assert len(bob.endpoint.admission.rates) <= 3
