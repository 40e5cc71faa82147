"""A call whose RTP the test holds in its own hands: our user agent for SIP, a bare socket for media."""

import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

import trio

from aywa.proto.sdp.offer_answer import LocalAudio, accept_answer, make_offer
from aywa.proto.sip.uri import parse_uri
from aywa.settings import SipSettings
from aywa.ua.session import Session
from aywa.ua.user_agent import open_user_agent
from aywa_server.cli_call import decline

_HANGUP_S = 2.0  # the runtime may be dead by then
SILENCE = b"\xff" * 160  # mu-law


@dataclass
class PlainCall:
    """An answered call and the socket its media flows through."""

    session: Session
    media: trio.socket.SocketType
    remote: tuple[str, int]
    sequence: int = 0
    timestamp: int = 0
    ssrc: int = 0x0A0B0C0D

    def packet(self, payload: bytes = SILENCE, *, payload_type: int = 0, marker: bool = False) -> bytes:
        """The next RTP packet of this caller."""
        head = struct.pack(
            "!BBHII",
            0x80,
            (0x80 if marker else 0) | payload_type,
            self.sequence & 0xFFFF,
            self.timestamp & 0xFFFFFFFF,
            self.ssrc,
        )
        self.sequence += 1
        self.timestamp += len(payload)
        return head + payload

    async def send(self, data: bytes) -> None:
        """Send bytes from the caller's media address."""
        await self.media.sendto(data, self.remote)


@asynccontextmanager
async def open_plain_call(
    sip_port: int, *, seed: int = 1, caller: str = "sip:plain@127.0.0.1"
) -> AsyncIterator[PlainCall]:
    """Call the runtime on this port; hangs up at the end if the call still stands."""
    rng = Random(seed)
    media = trio.socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with media:
        await media.bind(("127.0.0.1", 0))
        offer = make_offer(LocalAudio("127.0.0.1", media.getsockname()[1]), 7, 1)
        settings = SipSettings(port=0, trunks=(), user_agent="plain caller")
        async with open_user_agent(settings, rng=rng, on_call=decline) as agent:
            session = await agent.invite(
                parse_uri(f"sip:1000@127.0.0.1:{sip_port}"),
                from_uri=parse_uri(caller),
                offer=offer,
            )
            assert session.answer is not None
            accepted = accept_answer(offer, session.answer)
            yield PlainCall(session, media, accepted.remote)
            with trio.move_on_after(_HANGUP_S):
                await session.hangup()
