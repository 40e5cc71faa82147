"""What one trunk may take of the process: its share, its rate, and that the others never notice."""

from __future__ import annotations

from itertools import islice
from random import Random

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs
from trio.testing import MockClock

from aywa.settings import SipSettings, TrunkCredentials, TrunkSettings
from aywa.ua import IncomingCall, InviteFailed, SipCallEnded, UserAgent, open_user_agent
from aywa.ua.caps import CALLS_PER_S, MAX_UNHEARD, CapLimit, Place, TrunkCaps
from aywa.ua.rates import BURST_S
from aywa.ua.trunk import Trunks
from tests.kit.sip_agents import ALICE_URI, BOB_URI, offer, refuse_calls, talk
from tests.kit.sip_flood import requests
from tests.kit.sip_sockets import MemoryNet, open_memory_net

WILD, OTHER, BOB_HOST = "192.0.2.7", "192.0.2.1", "192.0.2.2"


def take(caps: TrunkCaps, host: str, count: int, now: float, *, proved: bool = False) -> int:
    """How many of so many calls at once are taken and stay."""
    taken = 0
    for _ in range(count):
        if caps.admit(host, now, proved=proved) is None:
            caps.hold(host, now, proved=proved)
            taken += 1
    return taken


@pytest.mark.parametrize(
    ("entries", "named", "share"),
    [
        (("192.0.2.7",), (), 40),
        (("192.0.2.7", "192.0.2.1"), (), 30),
        (("192.0.2.7",), (TrunkSettings("pbx", ("192.0.2.1",)),), 30),
        ((), (TrunkSettings("pbx", ("192.0.2.7", "192.0.2.1")),), 40),
        ((), (TrunkSettings("pbx", ("192.0.2.7",)), TrunkSettings("b", ("192.0.2.1",), max_calls=2)), 30),
        ((), (TrunkSettings("pbx", ("192.0.2.7",), max_calls=12),), 12),
        ((), (TrunkSettings("pbx", ("192.0.2.7",), max_calls=0),), 0),
    ],
)
def test_the_share(entries: tuple[str, ...], named: tuple[TrunkSettings, ...], share: int) -> None:
    caps = TrunkCaps(Trunks(entries, named), 40)
    assert take(caps, WILD, 60, 0.0) == share
    assert caps.refused == {CapLimit.CALLS: 60 - share}


@pytest.mark.parametrize(("capacity", "share"), [(1, 1), (2, 1), (4, 3), (0, 0)])
def test_a_share_of_little_is_one_call(capacity: int, share: int) -> None:
    assert take(TrunkCaps(Trunks((WILD, OTHER)), capacity), WILD, 5, 0.0) == share


def test_one_that_is_full_leaves_room_for_the_others() -> None:
    caps = TrunkCaps(Trunks((WILD, OTHER)), 40)
    assert take(caps, WILD, 1000, 0.0) == 30
    assert take(caps, OTHER, 10, 0.0) == 10


def test_who_ends_a_call_may_begin_another() -> None:
    caps = TrunkCaps(Trunks((WILD,), (TrunkSettings("b", (OTHER,), max_calls=1),)), 40)
    assert caps.admit(OTHER, 0.0, proved=False) is None
    place = caps.hold(OTHER, 0.0, proved=False)
    assert caps.admit(OTHER, 0.0, proved=False) is CapLimit.CALLS
    assert caps.admit(OTHER, 0.0, proved=False, replaces=True) is None
    place.release()
    assert caps.admit(OTHER, 0.0, proved=False) is None
    assert caps.live() == {"b": 0}


def test_calls_that_end_at_once_are_held_to_a_rate() -> None:
    caps = TrunkCaps(Trunks((WILD,)), 40)
    taken = sum(
        caps.admit(WILD, at / 1000, proved=True) is None for at in range(10_000)
    )  # 1,000 a second for 10 s
    assert taken == pytest.approx(CALLS_PER_S * (10 + BURST_S), abs=1)
    assert caps.refused == {CapLimit.RATE: 10_000 - taken}


def test_without_a_capacity_only_what_is_said_is_a_limit() -> None:
    trunks = Trunks((WILD,), (TrunkSettings("b", (OTHER,), calls_per_second=3),))
    caps = TrunkCaps(trunks)
    assert take(caps, WILD, 5000, 0.0) == 5000
    assert take(caps, OTHER, 5000, 0.0) == 3 * BURST_S


def test_addresses_of_one_trunk_and_of_one_entry_count_together() -> None:
    caps = TrunkCaps(Trunks(("10.0.0.0/8",), (TrunkSettings("pbx", (WILD, OTHER), max_calls=3),)), 40)
    assert take(caps, WILD, 2, 0.0) + take(caps, OTHER, 2, 0.0) == 3
    assert take(caps, "10.0.0.1", 20, 0.0) + take(caps, "::ffff:10.9.9.9", 20, 0.0) == 30
    assert caps.live() == {"pbx": 3, "10.0.0.0/8": 30}


@given(st.lists(st.ip_addresses().map(str), max_size=200))
def test_forged_sources_are_counted_as_one(hosts: list[str]) -> None:
    caps = TrunkCaps(Trunks((WILD,)), 40)
    for host in hosts:
        caps.admit(host, 0.0, proved=False)
    assert len(caps.live()) <= 2


def test_who_is_not_heard_gives_his_place_to_others_and_gets_it_back() -> None:
    caps = TrunkCaps(Trunks((), (TrunkSettings("b", (OTHER,), max_calls=2),)))
    given_up: list[int] = []
    places = []
    for number in range(MAX_UNHEARD + 3):
        assert caps.admit(OTHER, 60.0 + number, proved=False) is None
        places.append(caps.hold(OTHER, 60.0 + number, proved=False))
        places[-1].doubt(lambda number=number: given_up.append(number))  # type: ignore[misc]
        places[-1].doubt(given_up.clear)  # twice is once
    assert given_up == [0, 1, 2]
    assert caps.live() == {"b": 0}
    places[5].prove(100.0)
    places[0].prove(100.0)  # it was given up
    assert caps.live() == {"b": 1}
    for place in places:
        place.release()
        place.release()
    assert caps.live() == {"b": 0}


def begin(caps: TrunkCaps, now: float, *, proved: bool = False) -> Place | None:
    """One call of the trunk, if there is room."""
    if caps.admit(OTHER, now, proved=proved) is not None:
        return None
    return caps.hold(OTHER, now, proved=proved)


def test_calls_that_are_acknowledged_are_held_to_the_rate_too() -> None:
    caps = TrunkCaps(Trunks((), (TrunkSettings("b", (OTHER,), calls_per_second=5),)))
    taken = 0
    for at in range(20_000):  # 1,000 a second for 20 s, each acknowledged at once and over
        if place := begin(caps, at / 1000):
            place.prove(at / 1000)
            place.release()
            taken += 1
    assert taken == pytest.approx(5 * (20 + BURST_S), abs=1)


def test_who_is_known_to_hear_us_never_notices_a_forger() -> None:
    caps = TrunkCaps(Trunks((), (TrunkSettings("b", (OTHER,), max_calls=10, calls_per_second=5),)))
    taken = 0
    for at in range(20_000):
        begin(caps, at / 1000)  # forged, and stays
        if at % 500 == 0 and (place := begin(caps, at / 1000, proved=True)):
            place.release()
            taken += 1
    assert taken == 40
    assert caps.live() == {"b": 10}
    assert take(caps, OTHER, 50, 30.0, proved=True) == 10
    assert take(caps, OTHER, 50, 30.0) == 0  # the trunk is full


def test_over_udp_a_forger_below_the_rate_takes_nothing_from_genuine_callers() -> None:
    """He begins three calls a second and the trunk five, which is its rate; each gets its ACK 0.2 s later."""
    caps = TrunkCaps(Trunks((), (TrunkSettings("b", (OTHER,), calls_per_second=5),)))
    answered: list[tuple[float, Place]] = []
    for at in range(0, 60_000, 10):
        now = at / 1000
        while answered and answered[0][0] <= now:
            answered.pop(0)[1].prove(now)
        if at % 330 == 0:
            begin(caps, now)
        if at % 200 == 0:
            place = begin(caps, now)
            assert place is not None, now
            answered.append((now + 0.2, place))


async def test_a_caller_with_credentials_gets_past_a_flood_of_forged_calls(autojump_clock: MockClock) -> None:
    user = TrunkCredentials("pbx", "secret")
    trunk = TrunkSettings("pbx", (OTHER,), max_calls=3, calls_per_second=2, inbound=(user,))
    own = TrunkSettings("bob", (BOB_HOST,), outbound=user)
    async with (
        open_memory_net() as net,
        agent(net, OTHER, SipSettings(trunks=(), named_trunks=(own,))) as pbx,
        agent(net, BOB_HOST, SipSettings(trunks=(), named_trunks=(trunk,)), talk) as bob,
        trio.open_nursery() as nursery,
    ):

        async def forge() -> None:
            for invite in requests("INVITE", OTHER, BOB_HOST):
                bob.endpoint.receive(invite, (OTHER, 5060))
                await trio.sleep(0.05)

        nursery.start_soon(forge)
        await trio.sleep(10)
        for _ in range(10):
            session = await pbx.invite(BOB_URI, from_uri=ALICE_URI, offer=offer())
            await trio.sleep(1)
            await session.hangup()
        assert bob.gate.caps.refused == {}
        nursery.cancel_scope.cancel()


async def test_forged_calls_do_not_fill_the_trunk(autojump_clock: MockClock) -> None:
    trunk = TrunkSettings("pbx", (OTHER,), max_calls=3)
    ended: list[SipCallEnded] = []

    async def on_call(incoming: IncomingCall) -> None:
        try:
            await talk(incoming)
        except SipCallEnded as end:
            ended.append(end)

    async with (
        open_memory_net() as net,
        agent(net, OTHER, SipSettings(trunks=(BOB_HOST,))) as pbx,
        agent(net, BOB_HOST, SipSettings(trunks=(), named_trunks=(trunk,)), on_call) as bob,
    ):

        async def forge() -> None:
            for invite in islice(requests("INVITE", OTHER, BOB_HOST), 60):
                bob.endpoint.receive(invite, (OTHER, 5060))
                await trio.sleep(1.0)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(forge)
            await trio.sleep(3.5)
            for _ in range(10):  # a genuine caller, again and again
                session = await pbx.invite(BOB_URI, from_uri=ALICE_URI, offer=offer())
                await trio.sleep(3)
                await session.hangup()
        assert bob.gate.caps.live()["pbx"] <= 3
        await trio.sleep(40)
        assert bob.gate.caps.live() == {"pbx": 0}
        assert len(ended) + bob.gate.caps.refused[CapLimit.CALLS] == 60
        assert len(ended) > 45  # held for 32 s each, six would have been taken
        assert not any(end.by_remote for end in ended)


def agent(net: MemoryNet, host: str, settings: SipSettings, on_call=refuse_calls, capacity=None):  # type: ignore[no-untyped-def]
    """An agent on the emulated network."""
    return open_user_agent(
        settings, rng=Random(host), on_call=on_call, socket=net.socket(host), capacity=capacity
    )


async def refusal(alice: UserAgent) -> tuple[int, str | None]:
    """What one call is refused with."""
    with pytest.raises(InviteFailed) as failure:
        await alice.invite(BOB_URI, from_uri=ALICE_URI, offer=offer())
    assert failure.value.response is not None
    return failure.value.status, failure.value.response.headers.get("Retry-After")


async def test_a_full_trunk_hears_503_and_nobody_hears_of_it(autojump_clock: MockClock) -> None:
    began: list[str] = []

    async def on_call(incoming: IncomingCall) -> None:
        began.append(incoming.source[0])
        await talk(incoming)

    callers = SipSettings(trunks=(BOB_HOST,))
    with capture_logs() as logs:
        async with (
            open_memory_net() as net,
            agent(net, WILD, callers) as wild,
            agent(net, OTHER, callers) as other,
            agent(net, BOB_HOST, SipSettings(trunks=(WILD, OTHER)), on_call, 4) as bob,
        ):
            sessions = [await wild.invite(BOB_URI, from_uri=ALICE_URI, offer=offer()) for _ in range(3)]
            assert [await refusal(wild) for _ in range(5)] == [(503, "5")] * 5
            assert began == [WILD] * 3
            await (await other.invite(BOB_URI, from_uri=ALICE_URI, offer=offer())).hangup()
            await sessions[0].hangup()
            await trio.sleep(1)
            sessions.append(await wild.invite(BOB_URI, from_uri=ALICE_URI, offer=offer()))
            for session in sessions:
                await session.hangup()
            await trio.sleep(1)
            assert bob.gate.caps.refused == {CapLimit.CALLS: 5}
            assert bob.gate.caps.live() == {f"{WILD}/32": 0, f"{OTHER}/32": 0}
    (line,) = [log for log in logs if log["event"] == "sip.trunk_full"]
    assert (line["peer"], line["limit"]) == (f"{WILD}/32", "max_calls")


async def test_what_breaks_a_call_gives_its_place_back(autojump_clock: MockClock) -> None:
    async def on_call(incoming: IncomingCall) -> None:
        raise RuntimeError("a bug")

    trunk = TrunkSettings("wild", (WILD,), max_calls=1)
    async with (
        open_memory_net() as net,
        agent(net, WILD, SipSettings(trunks=(BOB_HOST,))) as wild,
        agent(net, BOB_HOST, SipSettings(trunks=(), named_trunks=(trunk,)), on_call) as bob,
    ):
        assert [(await refusal(wild))[0] for _ in range(3)] == [500] * 3
        assert bob.gate.caps.live() == {"wild": 0}
