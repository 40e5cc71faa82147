"""Toll fraud: whatever is asked, nothing outside the lists ever leaves."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from aywa.call.dial import DialFailed, DialRefused, DialRequest, dial
from aywa.call.dial_gate import DialGate
from aywa.dialling.numbers import BadNumber
from aywa.dialling.usage import DialTime, LimitReached
from aywa.errors import AywaError
from aywa.proto.sip.uri import Uri, parse_uri
from aywa.settings import DialLimits, DialSettings, TrunkDialling, TrunkSettings
from tests.kit.call_world import CallWorld
from tests.kit.fake_dialler import DialScript

MANY = DialLimits(concurrent=1000, per_second=1000, per_day=1_000_000, minutes_per_day=1000)
DIALLING = TrunkDialling(
    "sip:192.0.2.10:5062",
    callers=("+4930990", "+4930991"),
    hosts=("pbx.example",),
    users=("2XX", "front-desk"),
    limits=MANY,
)
CARRIER = TrunkSettings("carrier", ("192.0.2.10",), dial=DIALLING)
SETTINGS = DialSettings("49", ("+49", "+43"), per_key=MANY)


def gate(*trunks: TrunkSettings, settings: DialSettings = SETTINGS) -> DialGate:
    """At a fixed time."""
    return DialGate(trunks or (CARRIER,), settings, lambda: DialTime(0.0, 0.0))


def leaves(destination: str, opened: DialGate | None = None, **more: str) -> list[str]:
    """The URIs that INVITEs to a destination would have."""
    with (opened or gate()).admit(DialRequest(destination, **more)) as admitted:
        return [str(route.target) for route in admitted.routes]


@pytest.mark.parametrize(
    ("destination", "uri"),
    [
        ("+49 30 12345678", "sip:+493012345678@192.0.2.10:5062"),
        ("030 12345678", "sip:+493012345678@192.0.2.10:5062"),
        ("tel:+43-1-2345678", "sip:+4312345678@192.0.2.10:5062"),
        ("sip:+493012345678@pbx.example", "sip:+493012345678@192.0.2.10:5062"),
        ("sip:030-12345678@192.0.2.10", "sip:+493012345678@192.0.2.10:5062"),
        ("sip:210@pbx.example:5070", "sip:210@pbx.example:5070"),
        ("sip:front-desk@PBX.example;transport=tcp", "sip:front-desk@pbx.example;transport=tcp"),
    ],
)
def test_what_leaves_is_built_from_what_was_checked(destination: str, uri: str) -> None:
    assert leaves(destination) == [uri]


@pytest.mark.parametrize(
    "destination",
    [
        "+33123456789",
        "0033123456789",
        "+49900123456",
        "0900123456",
        "+8816123456789",
        "sip:+33123456789@pbx.example",
        "sip:0900123456@pbx.example",
        "sip:00900123456@pbx.example",
        "sip:+493012345678@evil.example",
        "sip:+493012345678@192.0.2.10.evil.example",
        "sip:210@evil.example",
        "sip:310@pbx.example",
        "sip:2100@pbx.example",
        "sip:2XX@pbx.example",
        "sip:back-desk@pbx.example",
        "sip:Front-desk@pbx.example",
        "112",
        "911",
        "sip:112@pbx.example",
    ],
)
def test_what_is_not_on_a_list_does_not_leave(destination: str) -> None:
    with pytest.raises((DialRefused, BadNumber)) as refused:
        leaves(destination)
    assert refused.value.http_status in (400, 403)


def test_nothing_leaves_without_configuration() -> None:
    nothing = replace(SETTINGS, allow=())
    with pytest.raises(DialRefused):
        leaves("+493012345678", gate(settings=nothing))
    with pytest.raises(DialRefused):
        leaves("+493012345678", gate(replace(CARRIER, dial=None)))
    with pytest.raises(DialRefused):
        leaves("+493012345678", trunk="another")


def test_emergency_numbers_leave_where_they_are_listed() -> None:
    opened = gate(settings=replace(SETTINGS, emergency=("112",)))
    assert leaves("112", opened) == ["sip:112@192.0.2.10:5062"]
    with pytest.raises(DialRefused):
        leaves("110", opened)


def test_an_extension_that_is_an_emergency_number_is_none() -> None:
    trunk = replace(CARRIER, dial=replace(DIALLING, users=("1XX",)))
    assert leaves("sip:120@pbx.example", gate(trunk)) == ["sip:120@pbx.example"]
    with pytest.raises(DialRefused):
        leaves("sip:112@pbx.example", gate(trunk))


def test_the_number_shown_is_one_of_the_trunks() -> None:
    for shown, user in ((None, "+4930990"), ("+4930991", "+4930991")):
        with gate().admit(DialRequest("+493012345678", from_number=shown)) as admitted:
            assert admitted.routes[0].from_uri.user == user
    with pytest.raises(DialRefused):
        gate().admit(DialRequest("+493012345678", from_number="+49110"))


NUMBERISH = st.text("+0123456789 ()-./;=,#*@:%?&pwXxAaZz①²٣８\r\n\t\x00phonecontextsipuserEvil", max_size=40)
CODES = ["+49", "0049", "00", "0", "+", "900", "881", "33", "1", "112", "30123456", "(0)", " ", "-", "%2B"]
TRICKS = [";phone-context=+882", ";ext=9", "?Route=x", ",", "p900", "８８１", "@pbx.example", "@evil", "sip:"]
PARTS = st.sampled_from([*CODES, *TRICKS])
ASKED = st.one_of(
    NUMBERISH, st.lists(PARTS, max_size=8).map("".join), NUMBERISH.map(lambda t: f"sip:{t}@pbx.example")
)
ALLOWED = re.compile(
    r"sip:\+(?:49(?!900|137|138|180|19[0-4]|118)[1-9][0-9]{4,12}|43(?!118|8[12]|90|93)[1-9][0-9]{4,12})"
    r"@192\.0\.2\.10:5062|sip:(?:2[0-9][0-9]|front-desk)@(?:pbx\.example|192\.0\.2\.10)(?::[0-9]+)?(?:;transport=\w+)?"
)


@given(ASKED)
def test_whatever_is_asked_only_what_is_listed_leaves(asked: str) -> None:
    try:
        uris = leaves(asked)
    except (BadNumber, DialRefused):
        return
    assert all(ALLOWED.fullmatch(uri) for uri in uris)


def redirected(target: str) -> bool:
    """Whether a redirect there would be followed."""
    opened = gate()
    with opened.admit(DialRequest("+493012345678")) as admitted:
        return opened.may_follow(parse_uri(target), admitted.routes[0])


def test_redirects_go_through_the_same_gate() -> None:
    assert redirected("sip:+4312345678@192.0.2.10:5070")
    assert redirected("sip:210@pbx.example")
    for target in (
        "sip:+33123456789@192.0.2.10",
        "sip:+49900123456@192.0.2.10",
        "sip:00493012345678@192.0.2.10",  # not as a call of ours is written
        "sip:+49-30-12345678@192.0.2.10",
        "sip:+493012345678@evil.example",
        "sip:310@pbx.example",
        "sip:112@pbx.example",
        "sip:+493012345678@192.0.2.10;maddr=198.51.100.1",
        "tel:+493012345678",
        "sips:210@pbx.example",
    ):
        assert not redirected(target), target


@given(ASKED)
def test_no_redirect_leads_anywhere_else(asked: str) -> None:
    opened = gate()
    with opened.admit(DialRequest("+493012345678")) as admitted:
        for host in ("192.0.2.10", "pbx.example", "evil.example"):
            target = Uri("sip", asked, None, host)
            if opened.may_follow(target, admitted.routes[0]):
                assert host != "evil.example"
                assert re.fullmatch(r"\+4[93][1-9][0-9]+|2[0-9][0-9]|front-desk", target.user_text)


def test_limits_are_refused_before_anything_leaves() -> None:
    narrow = replace(CARRIER, dial=replace(DIALLING, limits=replace(MANY, concurrent=1)))
    opened = gate(narrow, settings=replace(SETTINGS, per_key=replace(MANY, concurrent=2)))
    first = opened.admit(DialRequest("+493012345678", owner="a"))
    first.begin(first.routes[0])
    with pytest.raises(LimitReached) as refused:
        opened.admit(DialRequest("+493012345678", owner="b"))
    assert refused.value.scope == "trunk:carrier"
    first.close()
    opened.admit(DialRequest("+493012345678", owner="a"))
    opened.admit(DialRequest("+493012345678", owner="a"))
    with pytest.raises(LimitReached) as refused:
        opened.admit(DialRequest("+493012345678", owner="a"))
    assert refused.value.scope == "key:a"
    assert opened.refused == {"dial-limit": 2}


async def test_a_trunk_that_is_full_is_passed_over(autojump_clock: trio.testing.MockClock) -> None:
    full = replace(CARRIER, name="full", dial=replace(DIALLING, limits=replace(MANY, per_day=0)))
    made = CallWorld(trunks=(full, CARRIER), dial_settings=SETTINGS)
    async with dial(DialRequest("+493012345678"), made.dependencies()) as dialled:
        assert dialled.trunk == "carrier"
    assert [invite.trunk for invite in made.dialler.invites] == ["carrier"]


async def test_every_end_of_a_call_gives_its_place_back(autojump_clock: trio.testing.MockClock) -> None:
    made = CallWorld(trunks=(CARRIER,), dial_settings=SETTINGS)
    dependencies = made.dependencies()
    made.dialler.scripts.extend([DialScript(486), DialScript(503), DialScript(None), DialScript()])
    for _ in range(4):
        try:
            async with dial(DialRequest("+493012345678", ring_timeout_s=5), dependencies):
                await trio.sleep(30)
        except DialFailed:
            continue
    with trio.move_on_after(1):
        async with dial(DialRequest("+493012345678"), dependencies):
            pytest.fail("it rings two seconds")
    made.engine.overloaded = True
    with pytest.raises(AywaError):
        async with dial(DialRequest("+493012345678"), dependencies):
            pytest.fail("there is no leg")
    assert made.gate().usage.live() == {"trunk:carrier": 0, "key:": 0}
    talked = [day.seconds for day in made.gate().usage.days(DialTime(trio.current_time(), 0))]
    assert talked == pytest.approx([30, 30], abs=0.1)


async def test_a_call_ends_with_the_minutes_of_its_key(autojump_clock: trio.testing.MockClock) -> None:
    limited = replace(SETTINGS, per_key=replace(MANY, minutes_per_day=1))
    made = CallWorld(trunks=(CARRIER,), dial_settings=limited)
    async with dial(DialRequest("+493012345678"), made.dependencies()) as dialled:
        began = trio.current_time()
        ended = await dialled.sip.wait_ended()
        assert not ended.by_remote
        assert 60 <= trio.current_time() - began <= 65.1
    with pytest.raises(LimitReached):
        async with dial(DialRequest("+493012345678"), made.dependencies()):
            pytest.fail("the minutes are used up")
