"""Mutated traffic into a live call: nothing breaks, and the call goes on.

Strangers send anything; the caller's own address sends broken headers around silence.
"""

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
_BURST = 200  # what a loopback socket buffer takes between two looks of the receiver

_INVITE = (
    b"INVITE sip:1000@127.0.0.1:5080 SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 127.0.0.1:5099;branch=z9hG4bKhostile;rport\r\n"
    b"From: <sip:hostile@127.0.0.1>;tag=abc\r\nTo: <sip:1000@127.0.0.1>\r\n"
    b"Call-ID: hostile@127.0.0.1\r\nCSeq: 1 INVITE\r\nContact: <sip:hostile@127.0.0.1:5099>\r\n"
    b"Max-Forwards: 70\r\nContent-Type: application/sdp\r\nContent-Length: 0\r\n\r\n"
)
_OTHERS = tuple(
    _INVITE.replace(b"INVITE", method)
    for method in (b"BYE", b"CANCEL", b"ACK", b"OPTIONS", b"INFO", b"REFER")
)


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
            seed = _INVITE if index % 2 else rng.choice(_OTHERS)
            await sender.sendto(mutate(seed, rng), ("127.0.0.1", port))
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


async def test_mutated_sip_and_rtp_leave_the_call_standing(tmp_path: Path) -> None:
    rng = Random(20261121)
    settings = runtime_settings(tmp_path / "data", RUNTIME_SILENCE_TIMEOUT_S="120")
    async with open_runtime_process(settings) as runtime:
        async with open_plain_call(runtime.sip_port) as call:
            row = await wait_for_status(runtime, "in-progress")
            await _spray_sip(runtime.sip_port, rng)
            await _spray_rtp(call, rng)
            with trio.fail_after(5):
                heard, _ = await call.media.recvfrom(2048)
            assert len(heard) == 172
            standing = await runtime.get(f"/call/{row['id']}")
            assert standing["status"] == "in-progress", standing
        ended = await wait_for_end(runtime, row["id"])
        assert ended["endedReason"] == "customer-ended-call"
        assert runtime.process.poll() is None
        others = [c for c in await runtime.get("/call?limit=1000") if c.get("endedReason")]
        assert not [c for c in others if "internal" in c["endedReason"]]
    log = runtime.log.read_text()
    assert "Traceback" not in log
    assert '"places"' not in log  # a crash behind a blast wall
