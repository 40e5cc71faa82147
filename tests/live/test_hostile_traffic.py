"""Mutated traffic into a live call: nothing breaks, and the call goes on.

Strangers send anything; the caller's own address sends broken headers around silence.
"""

import itertools
import socket
from pathlib import Path
from random import Random

import pytest
import trio

from tests.kit.plain_caller import PlainCall, open_plain_call
from tests.kit.runtime_process import open_runtime_process, runtime_settings, wait_for_end, wait_for_status

pytestmark = pytest.mark.live

SIP_DATAGRAMS = 10_000
RTP_PACKETS = 100_000
MAX_CALLS = 20  # what still is an INVITE after its mutations is a call, or a 503
_BURST = 200  # what a loopback socket buffer takes between two looks of the receiver

_SDP = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n"
_METHODS = ("INVITE", "INVITE", "INVITE", "BYE", "CANCEL", "ACK", "OPTIONS", "INFO", "REFER")


def request(rng: Random) -> bytes:
    """A request of a transaction and a call of its own; every third is an INVITE with an offer."""
    method = rng.choice(_METHODS)
    body = _SDP if method == "INVITE" else b""
    number = rng.getrandbits(64)
    head = (
        f"{method} sip:1000@127.0.0.1:5080 SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP 127.0.0.1:5099;branch=z9hG4bK{number};rport\r\n"
        "From: <sip:hostile@127.0.0.1>;tag=abc\r\nTo: <sip:1000@127.0.0.1>\r\n"
        f"Call-ID: {number}@127.0.0.1\r\nCSeq: 1 {method}\r\nContact: <sip:hostile@127.0.0.1:5099>\r\n"
        f"Max-Forwards: 70\r\nContent-Type: application/sdp\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def mutate(data: bytes, rng: Random) -> bytes:
    """Flip, cut, repeat or insert; one to eight times."""
    mutated = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(len(mutated) + 1)
        match rng.randrange(5):
            case 0 if at < len(mutated):
                mutated[at] ^= 1 << rng.randrange(8)
            case 1:
                del mutated[at : at + rng.randint(1, 40)]
            case 2:
                mutated[at:at] = mutated[at : at + rng.randint(1, 60)]
            case 3:
                mutated[at:at] = rng.randbytes(rng.randint(1, 20))
            case _ if at < len(mutated):
                mutated[at] = rng.randrange(256)
    return bytes(mutated[:4000])


def _spoil_header(packet: bytes, rng: Random) -> bytes:
    """From the caller's own address only the header is spoilt: a spoilt payload would be a caller's noise."""
    return mutate(packet[:12], rng) + packet[12 : 12 + rng.choice((0, 1, 80, 160))]


async def _spray_sip(port: int, rng: Random) -> None:
    with trio.socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        await sender.bind(("127.0.0.1", 0))
        for index in range(SIP_DATAGRAMS):
            await sender.sendto(mutate(request(rng), rng), ("127.0.0.1", port))
            if index % _BURST == 0:
                await trio.sleep(0.05)


async def _spray_rtp(call: PlainCall, rng: Random) -> None:
    with trio.socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        await stranger.bind(("127.0.0.1", 0))
        for index in range(RTP_PACKETS):
            if index % 2:
                await call.send(_spoil_header(call.packet(), rng))
            else:
                await stranger.sendto(mutate(call.packet(rng.randbytes(160)), rng), call.remote)
            if index % _BURST == 0:
                await trio.sleep(0.005)


async def _listen(call: PlainCall, sequences: list[int]) -> None:
    while True:
        packet, _ = await call.media.recvfrom(2048)
        assert len(packet) == 172
        sequences.append(int.from_bytes(packet[2:4], "big"))


async def test_mutated_sip_and_rtp_leave_the_call_standing(tmp_path: Path) -> None:
    rng = Random(20261121)
    settings = runtime_settings(
        tmp_path / "data",
        RUNTIME_SILENCE_TIMEOUT_S="120",
        RUNTIME_MAX_CALLS=str(MAX_CALLS),
        RUNTIME_SIP_TRUNK_RATE="1000000",  # the flood is to be read, and comes from where the call does
    )
    heard: list[int] = []
    async with open_runtime_process(settings) as runtime:
        async with open_plain_call(runtime.sip_port) as call, trio.open_nursery() as nursery:
            row = await wait_for_status(runtime, "in-progress")
            nursery.start_soon(_listen, call, heard)
            await _spray_sip(runtime.sip_port, rng)
            await _spray_rtp(call, rng)
            standing = await runtime.get(f"/call/{row['id']}")
            assert standing["status"] == "in-progress", standing
            nursery.cancel_scope.cancel()
        ended = await wait_for_end(runtime, row["id"])
        assert ended["endedReason"] == "customer-ended-call"
        assert runtime.process.poll() is None
        reasons = {c.get("endedReason", "") for c in await runtime.get("/call?limit=1000")}
        assert not [reason for reason in reasons if "internal" in reason]
    assert len(heard) > 100
    assert all((b - a) & 0xFFFF == 1 for a, b in itertools.pairwise(heard)), "the caller lost packets"
    log = runtime.log.read_text()
    assert "Traceback" not in log
    assert '"level": "error"' not in log
    assert '"places"' not in log  # a crash behind a blast wall
