"""Nobody learns which users there are: every name gets the same answer, after the same sums."""

from __future__ import annotations

import re
from collections import Counter

import pytest
import trio
from trio.testing import MockClock

from aywa.proto.sip import digest_server
from aywa.proto.sip.digest import response_for
from aywa.proto.sip.message import Request
from aywa.proto.sip.parser import parse_datagram
from aywa.settings import SipSettings, TrunkCredentials, TrunkSettings
from tests.kit.sip_agents import refuse_calls
from tests.kit.sip_messages import OFFER
from tests.kit.sip_sockets import open_memory_net
from tests.ua.test_gate import BOB_HOST, open_agent

HOST = "192.0.2.1"
KNOWN, UNKNOWN = "alice", "zz999"
GUARDED = TrunkSettings("pbx", (HOST,), inbound=(TrunkCredentials(KNOWN, "secret"),))
VARYING = re.compile(
    rb"tag=[0-9a-z]+|nonce=\"[^\"]*\"|branch=[^;\r]+|Call-ID: [^\r]+|" + KNOWN.encode() + b"|zz999"
)


def asked(method: str, user: str, number: int, headers: bytes = b"") -> bytes:
    body = OFFER if method == "INVITE" else b""
    kind = b"Content-Type: application/sdp\r\n" if body else b""
    return (
        (
            f"{method} sip:{user}@{BOB_HOST} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {HOST};branch=z9hG4bK{number};rport\r\n"
            f"From: <sip:{user}@{BOB_HOST}>;tag=1\r\nTo: <sip:{user}@{BOB_HOST}>\r\nCall-ID: c{number}\r\n"
            f"CSeq: 1 {method}\r\nContact: <sip:x@{HOST}>\r\nMax-Forwards: 70\r\n"
        ).encode()
        + headers
        + kind
        + b"\r\n"
        + body
    )


def authorization(user: str, nonce: str) -> bytes:
    return (
        f'Authorization: Digest username="{user}", realm="aywa", nonce="{nonce}", uri="sip:{BOB_HOST}", '
        f'response="{"0" * 32}", algorithm=MD5\r\n'
    ).encode()


async def answers(settings: SipSettings, method: str, *, with_secret: bool) -> list[list[bytes]]:
    """What a known and an unknown user get, without what differs from one request to the next anyway."""
    found = []
    async with open_memory_net() as net, open_agent(net, BOB_HOST, settings, refuse_calls) as bob:
        wire = net.socket(HOST)
        for number, user in enumerate((KNOWN, UNKNOWN)):
            wire_log = net.sockets[(BOB_HOST, 5060)].log
            header = b""
            if with_secret:
                (challenge,) = bob.gate._servers["pbx"].challenges(HOST, trio.current_time())
                header = authorization(user, challenge.split('nonce="')[1].split('"')[0])
            before = len(wire_log)
            wire.send_nowait(asked(method, user, number, header), (BOB_HOST, 5060))
            await trio.sleep(0.1)
            found.append([VARYING.sub(b"*", data) for data in wire_log[before:]])
    return found


@pytest.mark.parametrize("method", ["REGISTER", "OPTIONS", "INVITE", "SUBSCRIBE", "MESSAGE", "BYE"])
@pytest.mark.parametrize("guarded", [False, True])
async def test_every_name_gets_the_same_answer(autojump_clock: MockClock, method: str, guarded: bool) -> None:
    settings = SipSettings(trunks=() if guarded else (HOST,), named_trunks=(GUARDED,) if guarded else ())
    known, unknown = await answers(settings, method, with_secret=False)
    assert known == unknown
    assert known


@pytest.mark.parametrize("method", ["REGISTER", "OPTIONS", "INVITE"])
async def test_a_wrong_secret_gets_the_same_answer_after_the_same_sums(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    sums: Counter[str] = Counter()

    def counted(key: str, method: str, answer: digest_server.Authorization, body: bytes = b"") -> str:
        sums[answer.username] += 1
        return response_for(key, method, answer, body)

    monkeypatch.setattr(digest_server, "response_for", counted)
    known, unknown = await answers(SipSettings(trunks=(), named_trunks=(GUARDED,)), method, with_secret=True)
    assert known == unknown
    assert sums[KNOWN] == sums[UNKNOWN] == (1 if method == "INVITE" else 0)


async def test_challenges_go_only_to_whom_a_trunk_has_users_for(autojump_clock: MockClock) -> None:
    """Neither to a trunk whose address is enough, nor to a stranger, nor for anything but a new call."""
    open_trunk = TrunkSettings("carrier", ("192.0.2.9",))
    settings = SipSettings(trunks=(), named_trunks=(GUARDED, open_trunk))
    async with open_memory_net() as net, open_agent(net, BOB_HOST, settings, refuse_calls):
        log = net.sockets[(BOB_HOST, 5060)].log
        for number, (host, method) in enumerate(
            [("192.0.2.9", "INVITE"), ("203.0.113.5", "INVITE"), (HOST, "OPTIONS"), (HOST, "REGISTER")]
        ):
            net.socket(host).send_nowait(asked(method, KNOWN, number), (BOB_HOST, 5060))
        await trio.sleep(1)
        assert b"Authenticate" not in b"".join(log)
        net.sockets[(HOST, 5060)].send_nowait(asked("INVITE", KNOWN, 77), (BOB_HOST, 5060))
        await trio.sleep(0.1)
        challenge = parse_datagram(log[-1])
        assert not isinstance(challenge, Request)
        assert challenge.status == 401
