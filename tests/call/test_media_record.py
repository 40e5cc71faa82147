"""How a call sounded and whom its leg turned to, in record, timeline and the leg's parameters."""

from __future__ import annotations

import pytest
import trio.testing
from structlog.testing import capture_logs

from aywa.media.events import SourceLearned
from aywa.media.peer import NatPolicy
from aywa.proto.rtp.quality import DirectionQuality, StreamQuality
from aywa.settings import MediaSettings
from aywa_server.app import create_app
from tests.kit.api_parts import AUTH, DictCallStore, make_parts
from tests.kit.call_world import CallWorld
from tests.kit.call_world import happens as happens_in

SOUNDED = StreamQuality(
    received=DirectionQuality(1.2345, 3.21987, 4.3219),
    sent=DirectionQuality(0.0, 1.0, 4.41),
    round_trip_ms=48.76,
)


async def test_the_record_says_how_the_call_sounded(autojump_clock: trio.testing.MockClock) -> None:
    world = CallWorld()
    async with world.call() as person:
        assert person.live.row.media is None
        person.leg.sounded = SOUNDED
        person.session.remote_hangs_up()
    media = {
        "codec": "PCMU",
        "srtp": None,
        "received": {"loss_percent": 1.23, "jitter_ms": 3.22, "mos": 4.32},
        "sent": {"loss_percent": 0.0, "jitter_ms": 1.0, "mos": 4.41},
        "round_trip_ms": 48.8,
        "echo": None,
        "recording_lost_ms": 0.0,
    }
    assert world.row().media == media
    (stats,) = world.entries("media.stats")
    assert stats["quality"] == media
    assert "received" in stats


async def test_a_call_without_reports_says_what_is_known(autojump_clock: trio.testing.MockClock) -> None:
    world = CallWorld()
    async with world.call() as person:
        person.leg.sounded = StreamQuality(SOUNDED.received, None, None)
        person.session.remote_hangs_up()
    media = world.row().media
    assert media is not None
    assert media["sent"] is media["round_trip_ms"] is None


async def test_a_phone_that_returned_our_speech_is_told_by_the_api(
    autojump_clock: trio.testing.MockClock,
) -> None:
    world = CallWorld()
    async with world.call() as person:
        person.leg.echo = (172.52, 21.44)
        person.leg.recording_lost_ms = 2345.67
        person.session.remote_hangs_up()
    row = world.row()
    answer = (
        await create_app(make_parts(DictCallStore({row.id: row})))
        .test_client()
        .get(f"/call/{row.id}", headers=AUTH)
    )
    media = (await answer.get_json())["media"]
    assert media["echo"] == {"delayMs": 172.5, "returnLossDb": 21.4}
    assert media["recordingLostMs"] == 2345.7
    (stats,) = world.entries("media.stats")
    assert stats["recording_lost_ms"] == 2345.67
    assert stats["quality"] == row.media


async def test_a_learned_source_is_told(autojump_clock: trio.testing.MockClock) -> None:
    """To who may read the timeline; the log, which many may read, has no address of a caller."""
    world = CallWorld()

    def broken(command: object) -> None:
        raise ZeroDivisionError("198.51.100.7 was here")

    with capture_logs() as log:
        async with world.call() as person:
            person.leg.emit(SourceLearned("198.51.100.7", 61000, 800))
            await happens_in(lambda: "media.source_learned" in world.kinds())
            person.live.conversation.receive = broken  # type: ignore[method-assign]
            person.leg.press("1")
    assert [line["event"] for line in log] == ["call.crashed"]
    assert world.entries("media.source_learned") == [{"remote": "198.51.100.7:61000", "timeline": 800}]
    assert "198.51.100.7" not in repr(log)


@pytest.mark.parametrize("nat", ["off", "signalling", "any"])
async def test_the_leg_is_told_whom_it_may_learn(autojump_clock: trio.testing.MockClock, nat: str) -> None:
    world = CallWorld(media=MediaSettings(nat=nat))
    async with world.call() as person:
        parameters = person.leg.parameters
        assert parameters.nat is NatPolicy(nat)
        assert parameters.signalling_host == person.incoming.source[0]
        person.session.remote_hangs_up()
