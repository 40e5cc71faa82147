"""Calling somebody: outcomes, failover, early media, and what is left behind: nothing."""

from __future__ import annotations

from collections import deque

import pytest
import trio
import trio.testing

from aywa.call.dial import DialFailed, DialOutcome, DialRefused, DialRequest, dial
from aywa.call.dial_outcome import outcome_of
from aywa.call.media_port import LegPort
from aywa.errors import EndCode
from aywa.settings import TrunkDialling, TrunkSettings
from tests.kit.call_world import CallWorld, happens
from tests.kit.fake_dialler import DialScript

NUMBER = "+493012345678"


def trunk(name: str, host: str = "192.0.2.10") -> TrunkSettings:
    """A trunk that dials out."""
    return TrunkSettings(name, (host,), dial=TrunkDialling(f"sip:{host}", callers=("+4930990",)))


def world(*scripts: DialScript, trunks: int = 1) -> CallWorld:
    """With one trunk or more, whose INVITEs come out as the scripts say."""
    made = CallWorld(trunks=tuple(trunk(f"carrier-{n}", f"192.0.2.{10 + n}") for n in range(trunks)))
    made.dialler.scripts = deque(scripts)
    return made


def nothing_left(made: CallWorld) -> bool:
    """No port is held and no session is up."""
    sessions = [invite.session for invite in made.dialler.invites if invite.session is not None]
    return all(port.released for port in made.engine.ports) and all(
        session.bye_sent_at is not None for session in sessions
    )


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, DialOutcome.ANSWERED),
        (486, DialOutcome.BUSY),
        (600, DialOutcome.BUSY),
        (480, DialOutcome.NO_ANSWER),
        (408, DialOutcome.NO_ANSWER),
        (487, DialOutcome.CANCELLED),
        (603, DialOutcome.DECLINED),
        (607, DialOutcome.DECLINED),
        (403, DialOutcome.NOT_ALLOWED),
        (407, DialOutcome.NOT_ALLOWED),
        (503, DialOutcome.UNREACHABLE),
        (500, DialOutcome.UNREACHABLE),
        (404, DialOutcome.FAILED),
        (302, DialOutcome.FAILED),
        (488, DialOutcome.FAILED),
        (699, DialOutcome.FAILED),
    ],
)
def test_each_final_status_has_its_outcome(status: int, outcome: DialOutcome) -> None:
    assert outcome_of(status) is outcome


async def test_an_answer_brings_leg_and_session_and_leaving_hangs_up(
    autojump_clock: trio.testing.MockClock,
) -> None:
    made = world()
    rang: list[int] = []
    async with dial(DialRequest(NUMBER), made.dependencies(), on_ringing=rang.append) as dialled:
        assert dialled.trunk == "carrier-0"
        assert dialled.media["codec"] == "PCMU"
        assert made.engine.legs[0].remote == ("127.0.0.1", 41_000)
        (invite,) = made.dialler.invites
        assert str(invite.target) == "sip:+493012345678@192.0.2.10"
        assert str(invite.from_uri) == "sip:+4930990@192.0.2.10"
        assert rang == [180]
        assert not made.engine.ports[0].released
    assert nothing_left(made)


@pytest.mark.parametrize(
    ("script", "outcome", "code"),
    [
        (DialScript(486), DialOutcome.BUSY, EndCode.BUSY),
        (DialScript(603), DialOutcome.DECLINED, EndCode.BUSY),
        (DialScript(403, rings_after_s=None), DialOutcome.NOT_ALLOWED, EndCode.FORBIDDEN),
        (DialScript(407, rings_after_s=None), DialOutcome.NOT_ALLOWED, EndCode.UNAUTHENTICATED),
        (DialScript(480, rings_after_s=None), DialOutcome.NO_ANSWER, EndCode.UNAVAILABLE),
        (DialScript(480), DialOutcome.NO_ANSWER, EndCode.NOT_ANSWERED),
        (DialScript(503, rings_after_s=None), DialOutcome.UNREACHABLE, EndCode.TRUNK_DOWN),
        (DialScript(404, rings_after_s=None), DialOutcome.FAILED, EndCode.NOT_CONNECTED),
        (DialScript(200, after_s=60), DialOutcome.NO_ANSWER, EndCode.NOT_ANSWERED),
        (DialScript(None), DialOutcome.NO_ANSWER, EndCode.NOT_ANSWERED),
        (DialScript(None, rings_after_s=None), DialOutcome.UNREACHABLE, EndCode.NOT_CONNECTED),
        (DialScript(0, rings_after_s=None), DialOutcome.UNREACHABLE, EndCode.NOT_CONNECTED),
    ],
)
async def test_a_call_that_fails_says_how_and_leaves_nothing(
    autojump_clock: trio.testing.MockClock, script: DialScript, outcome: DialOutcome, code: EndCode
) -> None:
    made = world(script)
    began = trio.current_time()
    with pytest.raises(DialFailed) as failed:
        async with dial(DialRequest(NUMBER, ring_timeout_s=20), made.dependencies()):
            pytest.fail("nobody answered")
    assert failed.value.outcome is outcome
    assert failed.value.end_reason().code is code
    assert trio.current_time() - began <= 22.5
    assert nothing_left(made)


async def test_a_trunk_that_is_not_there_is_followed_by_the_next(
    autojump_clock: trio.testing.MockClock,
) -> None:
    silence = DialScript(None, rings_after_s=None)
    nowhere = DialScript(0, rings_after_s=None)
    made = world(DialScript(503, rings_after_s=None), nowhere, silence, DialScript(), trunks=4)
    began = trio.current_time()
    async with dial(DialRequest(NUMBER), made.dependencies()) as dialled:
        assert dialled.trunk == "carrier-3"
        assert 15 < trio.current_time() - began < 19  # two, two, twelve of silence, two
    assert [invite.trunk for invite in made.dialler.invites] == [f"carrier-{n}" for n in range(4)]
    assert nothing_left(made)


@pytest.mark.parametrize(
    "script",
    [
        DialScript(486),
        DialScript(603),
        DialScript(404, rings_after_s=None),
        DialScript(503),  # it rang before
        DialScript(503, rings_after_s=None, early_after_s=1),  # an announcement was heard before
        DialScript(200, after_s=90),
    ],
)
async def test_what_another_trunk_would_not_change_is_not_asked_twice(
    autojump_clock: trio.testing.MockClock, script: DialScript
) -> None:
    made = world(script, trunks=2)
    with pytest.raises(DialFailed):
        async with dial(DialRequest(NUMBER), made.dependencies()):
            pytest.fail("nobody answered")
    assert [invite.trunk for invite in made.dialler.invites] == ["carrier-0"]


async def test_the_named_trunk_is_the_only_one(autojump_clock: trio.testing.MockClock) -> None:
    made = world(DialScript(503, rings_after_s=None), trunks=3)
    with pytest.raises(DialFailed):
        async with dial(DialRequest(NUMBER, trunk="carrier-1"), made.dependencies()):
            pytest.fail("nobody answered")
    assert [invite.trunk for invite in made.dialler.invites] == ["carrier-1"]


async def test_nothing_is_dialled_without_a_trunk_for_it(autojump_clock: trio.testing.MockClock) -> None:
    for made in (CallWorld(), CallWorld(trunks=(TrunkSettings("pbx", ("192.0.2.9",)),))):
        with pytest.raises(DialRefused) as refused:
            async with dial(DialRequest(NUMBER), made.dependencies()):
                pytest.fail("nobody may be called")
        assert refused.value.outcome is DialOutcome.NOT_ALLOWED
        assert not made.dialler.invites
        assert not made.engine.ports


async def test_early_media_is_heard_on_the_leg_that_the_call_goes_on_with(
    autojump_clock: trio.testing.MockClock,
) -> None:
    made = world(DialScript(200, after_s=9, early_after_s=1))
    heard: list[tuple[float, LegPort]] = []
    began = trio.current_time()

    def hear(leg: LegPort) -> None:
        heard.append((trio.current_time() - began, leg))

    request = DialRequest(NUMBER, early_media=True)
    async with dial(request, made.dependencies(), on_early_media=hear) as dialled:
        assert trio.current_time() - began == pytest.approx(9)
        ((at, leg),) = heard
        assert at == pytest.approx(1)
        assert dialled.leg is leg
        assert len(made.engine.legs) == 1
    assert nothing_left(made)


async def test_early_media_that_nobody_asked_for_opens_no_leg(
    autojump_clock: trio.testing.MockClock,
) -> None:
    made = world(DialScript(486, after_s=9, early_after_s=1))
    with pytest.raises(DialFailed):
        async with dial(DialRequest(NUMBER), made.dependencies()):
            pytest.fail("nobody answered")
    assert not made.engine.legs
    assert nothing_left(made)


async def test_early_media_of_a_call_that_fails_leaves_no_leg(autojump_clock: trio.testing.MockClock) -> None:
    made = world(DialScript(486, after_s=9, early_after_s=1))
    with pytest.raises(DialFailed) as failed:
        async with dial(DialRequest(NUMBER, early_media=True), made.dependencies()):
            pytest.fail("nobody answered")
    assert failed.value.outcome is DialOutcome.BUSY
    assert len(made.engine.legs) == 1
    assert nothing_left(made)


@pytest.mark.parametrize("after_s", [0.2, 0.7, 1.5, 2.0, 2.5])
async def test_cancelling_at_any_moment_leaves_nothing(
    autojump_clock: trio.testing.MockClock, after_s: float
) -> None:
    made = world(DialScript(200, after_s=2, early_after_s=1))
    with trio.move_on_after(after_s):
        async with dial(DialRequest(NUMBER, early_media=True), made.dependencies()):
            await trio.sleep_forever()
    (invite,) = made.dialler.invites
    assert (invite.cancelled_at is not None) != (invite.session is not None)
    assert nothing_left(made)


async def test_the_errors_of_the_block_come_as_they_are(autojump_clock: trio.testing.MockClock) -> None:
    made = world(trunks=2)
    other = DialFailed(DialOutcome.UNREACHABLE)
    for error in (LookupError("mine"), other):
        with pytest.raises(type(error)) as raised:
            async with dial(DialRequest(NUMBER), made.dependencies()):
                raise error
        assert raised.value is error
    assert len(made.dialler.invites) == 2  # another call's failure is no reason to try another trunk
    assert nothing_left(made)


async def test_an_engine_that_is_full_leaves_nobody_in_a_session(
    autojump_clock: trio.testing.MockClock,
) -> None:
    made = world()
    made.engine.fail_open = RuntimeError("no leg")
    with pytest.raises(RuntimeError):
        async with dial(DialRequest(NUMBER), made.dependencies()):
            pytest.fail("there is no leg")
    assert made.dialler.invites[0].session is not None
    assert made.dialler.invites[0].session.bye_sent_at is not None


async def test_every_attempt_is_in_the_timeline(autojump_clock: trio.testing.MockClock) -> None:
    made = world(DialScript(503, rings_after_s=None), DialScript(), trunks=2)
    async with made.call() as person:
        async with dial(DialRequest(NUMBER), made.dependencies(), timeline=person.live.timeline):
            pass
        person.session.remote_hangs_up()
    kinds = [kind for kind in made.kinds() if kind.startswith("dial.")]
    assert kinds == ["dial.attempt", "dial.failed", "dial.attempt", "dial.ringing", "dial.answered"]
    assert made.entries("dial.failed")[0]["sip_status"] == 503
    await happens(lambda: not [p for p in made.engine.ports if not p.released], 5)
