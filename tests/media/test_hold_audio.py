"""Music by URL: read or fetched once for all who ask, and bounded."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest
import trio

from aywa._native.g711 import encode_ulaw
from aywa.errors import MediaError
from aywa.media import hold_audio
from aywa.media.fetch import Fetched, FetchRules
from aywa.media.hold_audio import KEPT_S, HoldAudio
from aywa.proto.outbound_rules import outbound_rules

URL = "https://music.example/hold.ulaw"


class Web:
    """Stands in for the network: slow, and counts."""

    def __init__(self, seconds: float = 1.0, fails: int = 0) -> None:
        self.asked = 0
        self.running = self.most = 0
        self._data = encode_ulaw(bytes(int(16_000 * seconds)))
        self._fails = fails

    async def fetch(self, url: str, rules: FetchRules) -> Fetched:
        self.asked += 1
        self.running += 1
        self.most = max(self.most, self.running)
        await trio.sleep(1)
        self.running -= 1
        if self.asked <= self._fails:
            raise MediaError("the server answers 500")
        return Fetched(self._data, "audio/basic", "/hold.ulaw")


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Web:
    made = Web()
    monkeypatch.setattr(hold_audio, "fetch", lambda url, rules: made.fetch(url, rules))
    return made


async def test_it_is_fetched_once_and_again_when_it_is_old(
    autojump_clock: trio.testing.MockClock, web: Web
) -> None:
    source = HoldAudio(FetchRules())
    clips = []
    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(lambda: _get(source, URL, clips))
    assert (web.asked, len(set(map(id, clips)))) == (1, 1)
    assert clips[0].seconds == pytest.approx(1.0)
    await trio.sleep(KEPT_S)
    assert await source.get(URL) is not clips[0]
    assert web.asked == 2


async def _get(source: HoldAudio, url: str, clips: list[object]) -> None:
    clips.append(await source.get(url))


async def test_a_failure_is_not_kept_and_who_waited_tries_himself(
    autojump_clock: trio.testing.MockClock, web: Web
) -> None:
    web._fails = 1
    source = HoldAudio(FetchRules())
    clips: list[object] = []

    async def first() -> None:
        with pytest.raises(MediaError):
            await source.get(URL)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(first)
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(_get, source, URL, clips)
    assert (len(clips), web.asked) == (1, 2)


async def test_who_is_cancelled_leaves_it_to_the_next(
    autojump_clock: trio.testing.MockClock, web: Web
) -> None:
    source = HoldAudio(FetchRules())
    with trio.move_on_after(0.5):
        await source.get(URL)
    assert (await source.get(URL)).name == "hold.ulaw"


async def test_few_at_a_time_and_the_oldest_are_forgotten(
    autojump_clock: trio.testing.MockClock, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hold_audio, "MAX_KEPT_SECONDS", 3.0)
    source = HoldAudio(FetchRules())
    await source.get(f"{URL}?oldest")
    async with trio.open_nursery() as nursery:
        for number in range(8):
            nursery.start_soon(_get, source, f"{URL}?{number}", [])
    assert web.most == hold_audio.MAX_AT_A_TIME
    await source.get(f"{URL}?oldest")
    assert web.asked == 10
    await source.get(f"{URL}?oldest")
    assert web.asked == 10


async def test_files_only_in_their_folder(tmp_path: Path) -> None:
    inside, outside = tmp_path / "music", tmp_path / "secret.wav"
    inside.mkdir()
    for path in (inside / "a b.wav", outside):
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(bytes(16_000))
    (inside / "link.wav").symlink_to(outside)
    source = HoldAudio(None, str(inside))
    assert (await source.get(f"file://{inside}/a%20b.wav")).seconds == 1.0
    for url, words in (
        (f"file://{outside}", "not in the folder"),
        (f"file://{inside}/../secret.wav", "not in the folder"),
        (f"file://{inside}/%2e%2e/secret.wav", "not in the folder"),
        (f"file://{inside}/link.wav", "not in the folder"),
        (f"file://{inside}/missing.wav", "cannot be read"),
        (f"file://{inside}/a%00.wav", "cannot be read"),
        ("file://[/a.wav", "cannot be read"),
        ("https://[::1/a.wav", "no URLs are fetched"),
        (URL, "no URLs are fetched"),
    ):
        with pytest.raises(MediaError) as refusal:
            await source.get(url)
        assert words in refusal.value.detail
    with pytest.raises(MediaError, match="no files are read"):
        await HoldAudio(FetchRules()).get(f"file://{outside}")


@pytest.mark.parametrize(
    ("rules", "folder", "url", "words"),
    [
        (None, "", URL, "no URLs are fetched"),
        (FetchRules(), "", "file:///srv/music/a.wav", "no files are read"),
        (FetchRules(), "", "http://music.example/a.wav", "http URLs are not fetched"),
        (
            FetchRules(outbound=outbound_rules(("pbx",))),
            "",
            "http://music.example/a.wav",
            "http URLs are not fetched",
        ),
        (FetchRules(), "", "https://127.0.0.1/a.wav", "public internet"),
        (FetchRules(plain=True), "", "http://169.254.169.254/latest", "public internet"),
        (FetchRules(plain=True), "", "http://[::ffff:10.0.0.1]:8080/a.wav", "public internet"),
        (FetchRules(), "", "https://music.example:99999/a.wav", "port"),
        (FetchRules(), "", "https://[::1/a.wav", "names no host that can be read"),
        (FetchRules(), "", URL, ""),
        (FetchRules(plain=True), "", "http://music.example/a.wav", ""),
        (FetchRules(outbound=outbound_rules(("10.0.0.1",))), "", "http://10.0.0.1/a.wav", ""),
        (FetchRules(outbound=outbound_rules(("pbx",))), "", "http://pbx/a.wav", ""),
        (None, "/srv/music", "file:///srv/music/a.wav", ""),
    ],
)
def test_what_the_rules_forbid_is_known_beforehand(
    rules: FetchRules | None, folder: str, url: str, words: str
) -> None:
    source = HoldAudio(rules, folder)
    if not words:
        source.check(url)
        return
    with pytest.raises(MediaError) as refusal:
        source.check(url)
    assert words in refusal.value.detail
