"""Three hundred calls with every ending there is: when all have ended, nothing is left of any."""

from __future__ import annotations

from random import Random

import trio
from trio.testing import MockClock

from aywa.settings import SipSettings
from aywa.ua import open_user_agent
from tests.kit.churn import DATAGRAMS, INCOMING, Callee, Ending, Ports, Rogue, left_of, run_mixed
from tests.kit.sip_sockets import open_memory_net

SETTLED_S = 40.0
CALLS = 20 * len(DATAGRAMS)
EXPIRY_S = 90.0


async def test_every_ending_leaves_nothing(autojump_clock: MockClock) -> None:
    ports = Ports()
    callee = Callee(ports.reserve)
    settings = SipSettings(trunks=("192.0.2.1",))
    async with (
        open_memory_net() as net,
        open_user_agent(
            settings, rng=Random(1), on_call=callee.take, socket=net.socket("192.0.2.2")
        ) as agent,
        trio.open_nursery() as nursery,
    ):
        rogue = Rogue(net.socket("192.0.2.1"), agent)
        nursery.start_soon(rogue.listen)
        await trio.sleep(1)
        before = left_of(agent, ports.taken)
        await run_mixed(rogue, CALLS, 20.0, DATAGRAMS)
        await trio.sleep(EXPIRY_S)  # until the last session timer has run out
        assert ports.taken == 0
        await trio.sleep(SETTLED_S)
        assert left_of(agent, ports.taken) == before
        assert agent.endpoint.counters.faults == 0
        nursery.cancel_scope.cancel()
    finals = rogue.finals
    each = CALLS // len(DATAGRAMS)
    assert finals["REJECTED 486"] == finals["REJECTED_NO_ACK 486"] == finals["CANCELLED 487"] == each
    assert finals["NO_CODEC 488"] == finals["GARBAGE 400"] == finals["BYE_EARLY 487"] == each
    for answered in (Ending.CALLER_BYE, Ending.CALLEE_BYE, Ending.NO_ACK, Ending.EXPIRED, Ending.VANISHED):
        assert finals[f"{answered.name} 200"] == each
    assert sum(finals[f"{ending.name} 0"] for ending in INCOMING) == 0
    assert finals["hung up"] == 2 * each  # of the calls out: answered, and answered by one who then vanished
    assert finals["InviteFailed"] == 3 * each
    assert callee.outcomes["SipCallEnded"] == each  # the answers that nobody acknowledged
