"""What a call's record says of where the call comes from."""

from __future__ import annotations

import pytest
import trio
import trio.testing
from structlog.testing import capture_logs

from aywa.call.origin import facts_data
from aywa.media.peer import NatPolicy
from aywa.proto.sip.call_facts import facts_of
from aywa.settings import MediaSettings, NatMode, TrunkCredentials, TrunkSettings
from tests.kit.call_world import CallWorld, Person
from tests.kit.fake_sip import FakeIncomingCall
from tests.kit.sip_messages import request

ASSERTED = ("P-Asserted-Identity", '"Ada" <sip:+31201234567@carrier.example>')
DIVERTED = ("Diversion", "<sip:desk@pbx.example>;reason=no-answer")
HISTORY = ("History-Info", "<sip:desk@pbx.example>;index=1, <sip:hotel@pbx.example;cause=408>;index=1.1")
CUSTOM = ("X-Customer", "4711")


async def run_call(world: CallWorld, incoming: FakeIncomingCall) -> None:
    """One call that is answered and hung up."""
    async with world.table() as table, trio.open_nursery() as nursery:
        nursery.start_soon(table.take_incoming, incoming)
        person = await Person.on(world, table, incoming)
        person.session.remote_hangs_up()
        await person.live.over.wait()


def test_facts_are_plain_data_without_what_was_not_said() -> None:
    assert facts_data(facts_of(request())) == {}
    data = facts_data(facts_of(request(headers=(ASSERTED, DIVERTED, HISTORY, CUSTOM))))
    assert data == {
        "asserted": ['"Ada" <sip:+31201234567@carrier.example>'],
        "diversions": [{"address": "<sip:desk@pbx.example>;reason=no-answer", "reason": "no-answer"}],
        "history": [
            {"address": "<sip:desk@pbx.example>;index=1", "index": "1", "cause": None},
            {"address": "<sip:hotel@pbx.example;cause=408>;index=1.1", "index": "1.1", "cause": 408},
        ],
        "headers": {"X-Customer": "4711"},
    }


def test_who_asked_not_to_be_shown_is_not() -> None:
    party = ("Remote-Party-ID", "<sip:+31201234567@carrier.example>;party=calling")
    data = facts_data(facts_of(request(headers=(ASSERTED, party, ("Privacy", "id")))))
    assert data == {"anonymous": True, "privacy": ["id"]}


async def test_the_timeline_has_the_facts_and_no_log_has_them(
    autojump_clock: trio.testing.MockClock,
) -> None:
    world, incoming = CallWorld(), FakeIncomingCall()
    incoming.facts = facts_of(request(headers=(ASSERTED, CUSTOM)))
    with capture_logs() as logs:
        await run_call(world, incoming)
    (facts,) = world.entries("call.facts")
    assert facts["headers"] == {"X-Customer": "4711"}
    assert world.kinds().index("call.facts") < world.kinds().index("call.answered")
    assert "31201234567" not in repr(logs)
    assert world.entries("call.trunk") == []


@pytest.mark.parametrize(
    ("users", "by"), [((TrunkCredentials("in", "secret"),), "credentials"), ((), "address")]
)
async def test_the_timeline_says_by_which_trunk_and_how_the_call_got_in(
    autojump_clock: trio.testing.MockClock, users: tuple[TrunkCredentials, ...], by: str
) -> None:
    world, incoming = CallWorld(), FakeIncomingCall()
    incoming.trunk = TrunkSettings("carrier", inbound=users)
    await run_call(world, incoming)
    assert world.entries("call.trunk") == [{"trunk": "carrier", "authenticated": bool(users), "by": by}]


@pytest.mark.parametrize(
    ("mode", "policy"),
    [
        (None, NatPolicy.ANY),
        (NatMode.STRICT, NatPolicy.OFF),
        (NatMode.SIGNALLING, NatPolicy.SIGNALLING),
        (NatMode.ANY, NatPolicy.ANY),
    ],
)
async def test_a_leg_follows_whom_its_trunk_says(
    autojump_clock: trio.testing.MockClock, mode: NatMode | None, policy: NatPolicy
) -> None:
    world, incoming = CallWorld(media=MediaSettings(nat="any")), FakeIncomingCall()
    incoming.trunk = TrunkSettings("carrier", nat=mode)
    await run_call(world, incoming)
    assert world.engine.legs[-1].parameters.nat is policy
