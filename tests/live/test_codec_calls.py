"""`aywa call` against `aywa-media`: every codec, packet length and SRTP, and no key anywhere on the disk."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from random import Random, SystemRandom

import pytest
import trio

from aywa.artifacts.wav import write_stereo
from aywa.caller import session as caller_session
from aywa.caller.clips import read_clip
from aywa.caller.script import parse_line
from aywa.caller.session import PLAIN_MEDIA, CallPlan, PlacedCall, place_call
from aywa.media.engine import MediaEngine, open_media_engine
from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sip.uri import parse_uri
from aywa.settings import MediaSettings, SipSettings
from aywa.ua.user_agent import UserAgent, open_user_agent
from aywa_server.child import Child
from aywa_server.cli_call import decline
from tests.kit.correlation import RATE_HZ, best_match, load
from tests.kit.interop import require
from tests.kit.ports import free_udp_range
from tests.kit.recordings import recording_path
from tests.kit.runtime_process import open_runtime_process, runtime_settings, wait_for_end

pytestmark = pytest.mark.live

CODECS = ("PCMU", "PCMA", "G722", "opus", "L16")
PTIMES = (10, 20, 60)
TALK_S = 11.0
# After the first windows of the leg's clock, a second each: a first packet that was late by 50 ms or more, as
# on a loaded machine, is made good there in one step, in mid-speech if somebody speaks.
SPEAKS_AT_S = 6.5
FAITHFUL, OPUS_FAITHFUL = 0.97, 0.85


@dataclass
class Row:
    """A call, what it said of itself, and what the runtime said of it."""

    media: MediaSettings
    placed: PlacedCall
    agreed: dict[str, object]
    timeline: dict[str, object]
    recordings: tuple[Path, Path] = (Path(), Path())  # this side's and the runtime's
    heard: float = 0.0
    answered: float = 0.0


async def _call(
    agent: UserAgent, engine: MediaEngine, runtime: Child, media: MediaSettings, folder: Path
) -> Row:
    name = f"{media.codecs[0]}-{media.srtp}-{media.ptime_ms}".lower()
    speech = str(recording_path("demo-congrats"))
    plan = CallPlan(
        target=parse_uri(f"sip:{name}@127.0.0.1:{runtime.sip_port}"),
        from_uri=parse_uri("sip:codecs@127.0.0.1"),
        lines=((parse_line(f"{speech}@{SPEAKS_AT_S}"), read_clip(speech, 16000)),),
        max_s=TALK_S,
        media=media,
    )
    agreed: dict[str, object] = {}

    def observe(kind: str, data: dict[str, object]) -> None:
        if kind == "agreed":
            agreed.update(data)

    placed = await place_call(agent, engine, plan, rng=SystemRandom(), observer=observe)
    row = await runtime.call_with(placed.report.sip_call_id)
    assert row is not None, name
    ended = await wait_for_end(runtime, row["id"])
    timeline = await runtime.get(f"/call/{row['id']}/timeline")
    found = Row(media, placed, agreed, timeline)
    recording = Path(ended["artifact"]["recordingPath"])
    ours = folder / f"{name}.wav"
    write_stereo(ours, placed.stereo, placed.rate_hz)
    found.recordings = (ours, recording)
    return found


async def _calls(runtime: Child, srtp: str, folder: Path) -> list[Row]:
    rows: list[Row] = []
    first = free_udp_range(128)
    media = MediaSettings(rtp_port_min=first, rtp_port_max=first + 127, port_quarantine_s=0.0)
    rng = Random(1)

    async def one(codec: str, ptime_ms: int) -> None:
        offered = replace(PLAIN_MEDIA, codecs=(codec,), srtp=srtp, ptime_ms=ptime_ms)
        rows.append(await _call(agent, engine, runtime, offered, folder))

    async with (
        open_media_engine(media, rng=rng) as engine,
        open_user_agent(SipSettings(port=0, trunks=()), rng=rng, on_call=decline) as agent,
        trio.open_nursery() as nursery,
    ):
        for codec, ptime_ms in product(CODECS, PTIMES):
            nursery.start_soon(one, codec, ptime_ms)
    return rows


def _compare(row: Row) -> None:
    """What each side said in what the other recorded."""
    ours, theirs = row.recordings
    # Without the last half second: this side's own track goes on while its BYE is under way.
    said = load(ours, channel=2)[: int((TALK_S - 0.5) * RATE_HZ)]
    row.heard = best_match(said, load(theirs, channel=1)).likeness
    row.answered = best_match(load(theirs, channel=2), load(ours, channel=1)).likeness


def _judge(row: Row) -> None:
    media, agreed = row.media, row.agreed
    network = row.placed.report.network
    print(
        f"{media.codecs[0]:<5} {media.ptime_ms} ms, SRTP {agreed['srtp']}: received {network.received}, "
        f"lost {network.lost}, caller heard as {row.heard:.4f}, assistant as {row.answered:.4f}"
    )
    name = f"{media.codecs[0]} {media.ptime_ms} ms {media.srtp}"
    answered = next(item["data"] for item in row.timeline["timeline"] if item["kind"] == "call.answered")  # type: ignore[attr-defined]
    # 60 ms of 16 kHz L16 would be 1920 bytes: both sides stay below what a datagram should have.
    ptime_ms = min(media.ptime_ms, 40) if media.codecs[0] == "L16" else media.ptime_ms
    for told in (agreed, answered):
        assert told["codec"] == media.codecs[0], name
        assert told["ptime_ms"] == ptime_ms, name
        assert (told["srtp"] is not None) == (media.srtp == "required"), name
    assert network.lost == 0, name
    expected = TALK_S * 1000 / ptime_ms
    assert expected * 0.9 - 15 < network.received <= expected * 1.05 + 5, name
    least = OPUS_FAITHFUL if media.codecs[0] == "opus" else FAITHFUL
    assert row.heard > least, name
    assert row.answered > least, name


def _assert_nowhere(keys: set[str], folder: Path, log: Path) -> None:
    forms = {form for key in keys for form in (key.encode(), b64decode(key), b64decode(key).hex().encode())}
    files = [path for path in folder.rglob("*") if path.is_file()] + [log]
    for path in files:
        data = path.read_bytes()
        assert not any(form in data for form in forms), f"a key is in {path}"


@pytest.mark.parametrize("srtp", ["off", "required"])
async def test_every_codec_and_packet_length(
    srtp: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require("sox")
    keys: set[str] = set()
    accept = caller_session.accept_answer

    def note_keys(offer: SessionDescription, answer: SessionDescription, **more: object) -> object:
        keys.update(re.findall(r"inline:([A-Za-z0-9+/=]+)", f"{offer}{answer}"))
        return accept(offer, answer, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(caller_session, "accept_answer", note_keys)
    settings = runtime_settings(tmp_path / "data", RUNTIME_LOG_LEVEL="DEBUG", RUNTIME_MEDIA_SRTP="optional")
    async with open_runtime_process(settings) as runtime:
        rows = await _calls(runtime, srtp, tmp_path)
        told = json.dumps([*(row.timeline for row in rows), *(await runtime.get("/call?limit=100"))])
    assert len(rows) == len(CODECS) * len(PTIMES)
    for row in rows:
        _compare(row)
        _judge(row)
    assert len(keys) >= (2 * len(rows) if srtp == "required" else 0)
    assert not any(key in told for key in keys)
    _assert_nowhere(keys, tmp_path / "data", runtime.log)
