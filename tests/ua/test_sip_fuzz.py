"""Ten thousand mutated datagrams into a live user agent: no exception, and the call stays up."""

from __future__ import annotations

from random import Random

import trio
from trio.testing import MockClock

from tests.kit.sip_agents import ALICE_URI, offer, open_agents
from tests.kit.sip_messages import ALICE

PIECES = (
    b"\r\n", b"\r\n\r\n", b"\x00", b";", b",", b"<", b">", b'"', b"\\", b":", b" ", b"\t", b"@", b"\xff\xfe",
    b"Via: ", b"To: ", b"CSeq: ", b";tag=", b";branch=z9hG4bK", b"Content-Length: 99999\r\n",
    b"INVITE ", b"BYE ", b"ACK ", b"CANCEL ", b"SIP/2.0", b"Require: x\r\n", b"Contact: *\r\n",
    b"4294967296", b"-1", b"sip:", b"Record-Route: <sip:203.0.113.9>\r\n",
)  # fmt: skip


def mutate(data: bytes, rng: Random) -> bytes:
    """A datagram a few steps away from a good one."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        at = rng.randrange(len(out) + 1)
        match rng.randrange(6):
            case 0:
                out[at:at] = rng.choice(PIECES)
            case 1:
                del out[at : at + rng.choice((1, 2, 10, 100))]
            case 2 if at < len(out):
                out[at] = rng.randrange(256)
            case 3:
                out[at:at] = out[at : at + rng.randrange(200)]
            case 4:
                del out[at:]
            case _ if at < len(out):
                out[at] ^= 1 << rng.randrange(8)
            case _:
                pass
    return bytes(out)


async def test_mutated_datagrams_do_not_harm_a_call(autojump_clock: MockClock) -> None:
    rng = Random(20260101)
    async with open_agents() as agents:
        session = await agents.alice.invite(agents.bob_uri, from_uri=ALICE_URI, offer=offer())
        await agents.alice.options(agents.bob_uri)
        await trio.sleep(1)
        usage = agents.bob.endpoint.core.sessions[0]
        corpus = list(agents.net.sockets[ALICE].log) + list(agents.net.sockets[("192.0.2.2", 5060)].log)
        assert usage.dialog is not None
        corpus.append(
            corpus[0].replace(b"INVITE", b"BYE")
        )  # one that fits no dialog: the right one may end it
        agents.net.sockets[ALICE].swallow = lambda data: True  # Alice stays out of it
        for count in range(10_000):
            agents.bob.endpoint.receive(mutate(rng.choice(corpus), rng), ALICE)
            if count % 100 == 0:
                await trio.sleep(0.01)
        counters = agents.bob.counters[0]
        assert counters.faults == 0
        assert counters.broken > 1_000
        assert session.ended is None
        assert usage.alive
        agents.net.sockets[ALICE].swallow = lambda data: False
        await trio.sleep(40)
        assert usage.alive
        await session.hangup()
        assert session.ended is not None
        assert session.ended.sip_status == 200
