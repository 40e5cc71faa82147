"""What a caller hears while a transfer is under way, when the command names it."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest
import trio
from trio.testing import MockClock

from aywa.errors import MediaError, RequestError
from aywa.media.clip import Clip
from aywa.media.fetch import FetchRules
from aywa.media.hold_audio import HoldAudio
from tests.kit.fake_dialler import DialScript
from tests.kit.transfer_world import MUSIC, open_desk, plan

URL = "https://music.example/hold.wav"
CLIP = Clip("hold.wav", {rate: np.zeros(rate, "<i2").tobytes() for rate in (8000, 16_000)})


class Shop:
    """Has one clip, after a while."""

    def __init__(self, after_s: float, fault: str = "") -> None:
        self.asked: list[str] = []
        self._after_s, self._fault = after_s, fault

    def check(self, url: str) -> None:
        """Everything may be asked for."""

    async def get(self, url: str) -> Clip:
        self.asked.append(url)
        await trio.sleep(self._after_s)
        if self._fault:
            raise MediaError(self._fault)
        return CLIP


def sold_by(shop: Shop) -> HoldAudio:
    return cast("HoldAudio", shop)


async def test_the_usual_music_until_it_is_there(autojump_clock: MockClock) -> None:
    shop = Shop(2.0)
    async with open_desk(DialScript(200, after_s=5.0), hold_audio=sold_by(shop)) as desk:
        await desk.ask(plan(needs_consent=False, hold_audio=URL))
        await desk.reaches("DIALLING")
        await trio.sleep(1.0)
        assert desk.person.leg.music is MUSIC
        await trio.sleep(1.5)
        assert desk.person.leg.music is CLIP
        await desk.reaches("BRIDGED")
        assert desk.person.leg.music is None
        desk.colleague.remote_hangs_up()
    assert shop.asked == [URL]
    assert desk.world.entries("transfer.hold_audio") == [{"name": "hold.wav", "seconds": 1.0}]


async def test_the_usual_music_goes_on_if_it_never_comes(autojump_clock: MockClock) -> None:
    shop = Shop(1.0, "the server answers 404")
    async with open_desk(DialScript(486, after_s=5.0), hold_audio=sold_by(shop)) as desk:
        await desk.ask(plan(hold_audio=URL))
        await desk.reaches("DIALLING")
        await trio.sleep(2.0)
        assert desk.person.leg.music is MUSIC
        await desk.back()
    assert desk.world.entries("transfer.hold_audio_failed") == [{"detail": "the server answers 404"}]


async def test_it_comes_too_late(autojump_clock: MockClock) -> None:
    async with open_desk(DialScript(486, after_s=1.0), hold_audio=sold_by(Shop(8.0))) as desk:
        await desk.ask(plan(hold_audio=URL))
        await desk.back()
        await trio.sleep(10)
        assert desk.person.leg.music is None


@pytest.mark.parametrize(
    ("rules", "url", "words"),
    [(None, URL, "no URLs are fetched here"), (FetchRules(), "http://a/b", "http URLs are not fetched")],
)
async def test_what_is_never_fetched_is_refused_at_once(
    autojump_clock: MockClock, rules: FetchRules | None, url: str, words: str
) -> None:
    async with open_desk(DialScript(486, after_s=1.0), hold_audio=HoldAudio(rules)) as desk:
        with pytest.raises(RequestError) as refusal:
            await desk.ask(plan(hold_audio=url))
        field = "destination.transferPlan.holdAudioUrl"
        assert (refusal.value.http_status, refusal.value.field) == (400, field)
        assert refusal.value.detail == f"{field}: {words}"
        assert desk.world.entries("transfer.requested") == []
        await desk.ask(plan())
        await desk.back()
