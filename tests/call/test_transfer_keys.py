"""Keys of two people whom a transfer has connected."""

from __future__ import annotations

from dataclasses import replace

import pytest
import trio

from aywa.transfer.outcome import Outcome
from aywa.transfer.plan import Mode
from tests.kit.fake_dialler import DialScript
from tests.kit.transfer_world import open_desk, plan

ANSWERS = DialScript(200, after_s=3.0)


@pytest.mark.parametrize("mode", [Mode.WARM, Mode.DIAL])
async def test_once_connected_each_hears_the_keys_of_the_other(
    autojump_clock: trio.testing.MockClock, mode: Mode
) -> None:
    async with open_desk(ANSWERS) as desk:
        await desk.ask(plan(mode, needs_consent=False))
        await desk.reaches("DIALLING")
        desk.person.leg.press("9")  # for nobody
        await desk.reaches("BRIDGED")
        caller, colleague = desk.person.session, desk.colleague
        desk.person.leg.press("4")
        assert caller.on_key is not None
        assert colleague.on_key is not None
        await trio.sleep(5)
        caller.on_key("2", 0)  # over a stream nobody says how long
        desk.leg.press("7")
        await trio.sleep(5)
        colleague.on_key("#", 250)
        assert (desk.leg.pressed, desk.person.leg.pressed) == ("42", "7#")
        before = desk.leg.pressed
        # Its tones came in the audio: who has agreed on events is told, all others have heard them.
        leg, other = desk.person.leg, desk.leg
        leg.format = replace(leg.format, receive_events=())
        leg.press("5")
        await trio.sleep(0.1)
        other.format = replace(other.format, events=None)
        leg.press("6")
        await trio.sleep(0.1)
        assert desk.leg.pressed == before + "5"
        colleague.remote_hangs_up()


async def test_back_with_the_assistant_keys_are_its_own_again(autojump_clock: trio.testing.MockClock) -> None:
    async with open_desk(ANSWERS) as desk:
        await desk.ask(plan(Mode.DIAL))
        await desk.reaches("BRIDGED")
        desk.leg.lose_media()
        await desk.back()
        leg = desk.world.engine.legs[1]
        desk.person.leg.press("3")
        await desk.person.listens()
        assert leg.pressed == ""
        desk.person.session.remote_hangs_up()
    assert desk.person.live.row.transfers[0]["reason"] == Outcome.MEDIA_LOST.value
