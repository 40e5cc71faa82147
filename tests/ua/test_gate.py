"""Who gets in: by address, by credentials; and what everybody else hears."""

from __future__ import annotations

from random import Random

import pytest
import trio
from structlog.testing import capture_logs
from trio.testing import MockClock

from aywa.proto.sip.parser import parse_datagram
from aywa.settings import SipSettings, StrangerPolicy, TrunkCredentials, TrunkSettings
from aywa.ua import IncomingCall, InviteFailed, UserAgent, open_user_agent
from aywa.ua.bans import BAN_S, FAILURES, REMEMBERED, Bans
from aywa.ua.gate import Gate
from aywa.ua.trunk import Trunks
from tests.kit.netem import Weather
from tests.kit.sip_agents import ALICE_URI, BOB_URI, offer, refuse_calls, talk
from tests.kit.sip_messages import request
from tests.kit.sip_sockets import MemoryNet, open_memory_net

SECRET = "wonderland"
AUTHORIZATION = (
    'Digest username="alice", realm="aywa", nonce="0.1.00", uri="sip:bob@192.0.2.2", '
    f'response="{"0" * 32}", algorithm=MD5'
)
ALICE_HOST, BOB_HOST = "192.0.2.1", "192.0.2.2"
GUARDED = TrunkSettings("alice", (ALICE_HOST,), inbound=(TrunkCredentials("alice", SECRET),))


def to_bob(user: str, password: str) -> SipSettings:
    """Alice, who has credentials for Bob."""
    trunk = TrunkSettings("bob", (BOB_HOST,), outbound=TrunkCredentials(user, password))
    return SipSettings(trunks=(), named_trunks=(trunk,))


def open_agent(net: MemoryNet, host: str, settings: SipSettings, on_call=talk):  # type: ignore[no-untyped-def]
    """An agent on the emulated network."""
    return open_user_agent(settings, rng=Random(host), on_call=on_call, socket=net.socket(host))


async def call(alice: UserAgent, **words: str) -> None:
    """One call that is answered and hung up."""
    session = await alice.invite(BOB_URI, from_uri=ALICE_URI, offer=offer(), **words)  # type: ignore[arg-type]
    await trio.sleep(1)
    await session.hangup()
    assert session.ended is not None
    assert session.ended.sip_status == 200


@pytest.mark.parametrize(
    "weather", [Weather(), Weather(loss=0.3, duplicate=0.2, jitter_s=0.5)], ids=["quiet", "loss"]
)
async def test_a_trunk_with_users_takes_calls_of_those(autojump_clock: MockClock, weather: Weather) -> None:
    names: list[str] = []

    async def on_call(incoming: IncomingCall) -> None:
        assert incoming.trunk is not None
        names.append(incoming.trunk.name)
        await talk(incoming)

    bobs = SipSettings(trunks=(), named_trunks=(GUARDED,))
    with capture_logs() as logs:
        async with (
            open_memory_net(weather) as net,
            open_agent(net, ALICE_HOST, to_bob("alice", SECRET), refuse_calls) as alice,
            open_agent(net, BOB_HOST, bobs, on_call) as bob,
        ):
            await call(alice)
            await call(alice, trunk="bob")
            assert names == ["alice", "alice"]
            assert bob.counters[0].faults == alice.counters[0].faults == 0
            wire = b"".join(net.sockets[(ALICE_HOST, 5060)].log + net.sockets[(BOB_HOST, 5060)].log)
    assert SECRET.encode() not in wire
    assert SECRET not in repr(logs)


@pytest.mark.parametrize(("user", "password"), [("alice", "guess"), ("mallory", SECRET)])
async def test_others_hear_401_and_nobody_hears_of_them(
    autojump_clock: MockClock, user: str, password: str
) -> None:
    async def on_call(incoming: IncomingCall) -> None:
        raise AssertionError("nobody hears of this call")

    with capture_logs() as logs:
        async with (
            open_memory_net() as net,
            open_agent(net, ALICE_HOST, to_bob(user, password), refuse_calls) as alice,
            open_agent(net, BOB_HOST, SipSettings(trunks=(), named_trunks=(GUARDED,)), on_call) as bob,
        ):
            with pytest.raises(InviteFailed) as failure:
                await alice.invite(BOB_URI, from_uri=ALICE_URI, offer=offer())
            await trio.sleep(40)
            assert len(bob.endpoint.core.transactions) == 0
    assert failure.value.status == 401
    assert "realm 'aywa'" in failure.value.reason
    assert password not in str(failure.value)
    assert [log["event"] for log in logs] == ["sip.credentials_refused"]
    assert password not in repr(logs)


async def test_who_goes_on_guessing_is_refused_without_a_sum(autojump_clock: MockClock) -> None:
    guessing = to_bob("alice", "guess")
    bobs = SipSettings(trunks=(), named_trunks=(GUARDED,))
    with capture_logs() as logs:
        async with (
            open_memory_net() as net,
            open_agent(net, ALICE_HOST, guessing, refuse_calls) as alice,
            open_agent(net, BOB_HOST, bobs) as bob,
        ):
            statuses = []
            for _ in range(FAILURES + 1):
                with pytest.raises(InviteFailed) as failure:
                    await alice.invite(BOB_URI, from_uri=ALICE_URI, offer=offer())
                statuses.append(failure.value.status)
            assert statuses == [401] * FAILURES + [403]
            counters = bob.gate.counters
            assert (counters.refused, counters.challenged, counters.banned) == (FAILURES, FAILURES, 1)
            await trio.sleep(BAN_S)
            with pytest.raises(InviteFailed) as failure:
                await alice.invite(BOB_URI, from_uri=ALICE_URI, offer=offer())
            assert failure.value.status == 401
    told = [log["event"] for log in logs]  # once a minute each, and the guess after the ban
    assert told == ["sip.credentials_refused", "sip.banned", "sip.credentials_refused"]


def test_a_forged_source_gets_nobody_banned() -> None:
    gate = Gate(Trunks([], [GUARDED]), "aywa", bytes(32))
    forged = request(
        headers=(("Authorization", AUTHORIZATION),), uri="sip:bob@192.0.2.2"
    )  # a nonce that was made up: whoever sends it has not received ours
    for second in range(3 * FAILURES):
        refusal = gate.check(forged, (ALICE_HOST, 5060), float(second))
        assert refusal is not None
        assert refusal.status == 401
    assert gate.counters.refused == 3 * FAILURES


def test_a_right_secret_clears_what_was_failed_and_old_failures_lapse() -> None:
    bans = Bans()
    for _ in range(3):
        assert not any(bans.failed("a", 0.0) for _ in range(FAILURES - 1))
        bans.proved("a")
    assert not any(bans.failed("b", 10.0 * second) for second in range(FAILURES * 3))
    assert [bans.failed("c", 0.0) for _ in range(FAILURES)] == [False] * (FAILURES - 1) + [True]
    assert (bans.banned("c", BAN_S - 1), bans.banned("c", BAN_S), bans.banned("b", 0.0)) == (
        True,
        False,
        False,
    )


def test_a_flood_of_hosts_is_not_remembered_for_ever() -> None:
    bans = Bans()
    for number in range(3 * REMEMBERED):
        bans.failed(f"host-{number}", 0.0)
    assert len(bans._records) == REMEMBERED


async def test_a_peer_whose_address_is_enough_is_not_asked(autojump_clock: MockClock) -> None:
    async with (
        open_memory_net() as net,
        open_agent(net, ALICE_HOST, to_bob("alice", SECRET), refuse_calls) as alice,
        open_agent(net, BOB_HOST, SipSettings(trunks=(ALICE_HOST,), named_trunks=())),
    ):
        await call(alice)
        wire = b"".join(net.sockets[(ALICE_HOST, 5060)].log + net.sockets[(BOB_HOST, 5060)].log)
        assert b"Authenticate" not in wire
        assert b"Authorization" not in wire


async def one_datagram(
    policy: StrangerPolicy, data: bytes, host: str = "203.0.113.5"
) -> tuple[list[bytes], UserAgent]:
    """What Bob sends when `data` comes from `host`."""
    async with (
        open_memory_net() as net,
        open_agent(net, BOB_HOST, SipSettings(trunks=(ALICE_HOST,), strangers=policy)) as bob,
    ):
        net.socket(host).send_nowait(data, (BOB_HOST, 5060))
        await trio.sleep(0.1)
        log = list(net.sockets[(BOB_HOST, 5060)].log)
        assert bob.counters[0].faults == 0
        assert len(bob.endpoint.core.transactions) == 0 or host == ALICE_HOST
        return log, bob


OPTIONS = (
    b"OPTIONS sip:100@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.5;branch=z9hG4bKx;rport\r\n"
    b"From: <sip:a@b>;tag=1\r\nTo: <sip:100@192.0.2.2>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n"
    b"User-Agent: %b\r\n\r\n"
)


async def test_strangers_get_silence(autojump_clock: MockClock) -> None:
    log, bob = await one_datagram(StrangerPolicy.SILENT, OPTIONS % b"phone")
    assert log == []
    assert bob.counters[0].unknown_peers == 1


async def test_strangers_get_403_where_the_policy_says_so(autojump_clock: MockClock) -> None:
    log, _ = await one_datagram(StrangerPolicy.FORBIDDEN, OPTIONS % b"phone")
    (answer,) = [parse_datagram(data) for data in log]
    assert answer.start_line() == "SIP/2.0 403 Forbidden"
    assert answer.via.parameters["received"] == "203.0.113.5"
    assert (answer.to.tag, answer.headers.get("Server")) != (None, "Aywa")


@pytest.mark.parametrize(
    "data", [b"garbage", OPTIONS.replace(b"OPTIONS", b"ACK") % b"x", b"SIP/2.0 200 OK\r\n\r\n", OPTIONS[:80]]
)
async def test_nothing_else_of_a_stranger_is_answered(autojump_clock: MockClock, data: bytes) -> None:
    log, _ = await one_datagram(StrangerPolicy.FORBIDDEN, data)
    assert log == []


@pytest.mark.parametrize("name", [b"friendly-scanner", b"SIPVicious 0.3", b"sipcli/v1.8", b"sundayddr"])
@pytest.mark.parametrize("host", ["203.0.113.5", ALICE_HOST])
async def test_scanners_get_silence_wherever_they_are(
    autojump_clock: MockClock, name: bytes, host: str
) -> None:
    log, bob = await one_datagram(StrangerPolicy.FORBIDDEN, OPTIONS % name, host)
    assert log == []
    assert bob.counters[0].scanners == 1


def test_the_narrowest_block_names_the_trunk() -> None:
    wide = TrunkSettings("wide", ("10.0.0.0/8",))
    narrow = TrunkSettings("narrow", ("10.1.0.0/16",))
    trunks = Trunks(["10.1.2.0/24", "10.0.0.0/8"], [wide, narrow])
    names = {host: trunk.name for host in ("10.9.9.9", "10.1.9.9", "10.1.2.3") if (trunk := trunks.of(host))}
    assert names == {"10.9.9.9": "wide", "10.1.9.9": "narrow", "10.1.2.3": "addresses"}
    trunks.meet("203.0.113.1", wide)
    trunks.meet("10.1.9.9", wide)
    assert (trunks.of("203.0.113.1"), trunks.of("10.1.9.9")) == (wide, narrow)
