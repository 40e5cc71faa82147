"""A whole worker on embedded defaults: a SIP call goes in, database and recording say what happened."""

from __future__ import annotations

import os
import re
import signal
import socket
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
import trio
from structlog.testing import capture_logs

from aywa.errors import EndCode
from aywa.events.listener import Start
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.ports.store import CallStatus, TimelineEntry
from aywa.proto.sdp.offer_answer import LocalAudio, accept_answer, make_offer
from aywa.proto.sip.uri import parse_uri
from aywa.providers import recogniser_process
from aywa.providers.embedded_stt import EmbeddedTranscriber
from aywa.runtime import Runtime, open_runtime
from aywa.runtime.preflight import check_host
from aywa.settings import (
    ArtifactSettings,
    CallSettings,
    MediaSettings,
    RecordCalls,
    Settings,
    SipSettings,
    StoreSettings,
)
from aywa.ua.errors import InviteFailed
from aywa.ua.session import Session
from aywa.ua.uas import IncomingCall
from aywa.ua.user_agent import UserAgent, open_user_agent
from tests.kit.event_world import ALL, names, received
from tests.kit.ports import free_port, free_udp_range
from tests.kit.postgres import data_dir
from tests.kit.tcpdump import read_pcap

__all__ = ["data_dir"]
pytestmark = [pytest.mark.live, pytest.mark.beside]


def settings_in(data_dir: Path) -> Settings:
    """A worker that collides with nobody."""
    first = free_udp_range(64)
    return Settings(
        sip=SipSettings(port=free_port(socket.SOCK_DGRAM)),
        media=MediaSettings(rtp_port_min=first, rtp_port_max=first + 63),
        call=CallSettings(drain_s=2.0, record=RecordCalls.EACH, ai_disclosure=False),
        store=StoreSettings(data_dir=str(data_dir)),
        artifacts=ArtifactSettings(str(data_dir / "recordings")),
    )


@asynccontextmanager
async def open_caller() -> AsyncIterator[UserAgent]:
    """A foreign user agent on loopback."""

    async def refuse(call: IncomingCall) -> None:
        await call.reject(486)

    async with open_user_agent(SipSettings(port=0), rng=Random(5), on_call=refuse) as agent:
        yield agent


async def place(agent: UserAgent, runtime: Runtime, rtp: trio.socket.SocketType) -> Session:
    """A call whose media goes to `rtp`."""
    host, port = rtp.getsockname()
    offer = make_offer(LocalAudio(host, port), 1, 1)
    session = await agent.invite(
        parse_uri(f"sip:desk@127.0.0.1:{runtime.sip_address[1]}"),
        from_uri=parse_uri("sip:+4930123456@127.0.0.1"),
        offer=offer,
    )
    assert session.answer is not None
    await rtp.connect(accept_answer(offer, session.answer).remote)
    return session


async def hear(rtp: trio.socket.SocketType, packets: int, first: int = 0) -> list[bytes]:
    """What arrives, while silence is sent back a packet for a packet."""
    heard = []
    with trio.fail_after(10):
        for number in range(first, first + packets):
            heard.append(await rtp.recv(2048))
            header = b"\x80\x00" + number.to_bytes(2, "big") + (number * 160).to_bytes(4, "big") + b"\0\0\0\7"
            await rtp.send(header + b"\xff" * 160)
    return heard


async def test_a_call_from_invite_to_its_record(data_dir: Path) -> None:
    seen: list[TimelineEntry] = []
    async with (
        open_runtime(settings_in(data_dir), rng=Random(4), observer=seen.append) as runtime,
        open_caller() as agent,
    ):
        checks = {check.name: check for check in await runtime.check()}
        assert all(check.ok for name, check in checks.items() if name != "auth"), checks
        assert not checks["auth"].ok  # no key in these settings
        with (
            trio.socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rtp,
            runtime.events.listen(ALL, Start()) as events,
        ):
            await rtp.bind(("127.0.0.1", 0))
            session = await place(agent, runtime, rtp)
            heard = await hear(rtp, 60)
            assert (
                len({packet[12:] for packet in heard}) > 20
            )  # speech, not one silent packet again and again
            (live,) = runtime.live_calls()
            assert runtime.gauges()["engine_legs"] == 1
            assert await runtime.say(live.id, "One moment, please.", end_after=False)
            assert not await runtime.say("nobody", "Hello?", end_after=False)
            await session.hangup()
            with trio.fail_after(10):
                await live.over.wait()
            assert names(await received(events, 1)) == [(seen[0].call_id, seen[0].seq)]
        row = await runtime.store.of(DEFAULT_ORGANIZATION).get_call(live.id)
        assert row is not None
        assert row.status is CallStatus.ENDED
        assert row.end_reason is not None
        assert row.end_reason.code is EndCode.CUSTOMER_HANGUP
        assert row.worker_id == runtime.worker_id
        entries = await runtime.store.of(DEFAULT_ORGANIZATION).timeline(live.id)
        assert [entry.seq for entry in entries] == list(range(1, len(seen) + 1))
        assert entries[-1].kind == "call.ended"
        assert "control.say" in {entry.kind for entry in entries}
        assert row.recording_path is not None
        with wave.open(row.recording_path) as recording:
            assert recording.getnchannels() == 2
            assert recording.getnframes() > 8000


async def test_packets_are_kept_on_demand_and_written_when_media_stops(data_dir: Path) -> None:
    """First headers only, then what is said; a key press in neither, and no end of the call is delayed."""
    settings = settings_in(data_dir)
    media = replace(settings.media, pcap="headers", media_timeout_s=1.0)
    async with (
        open_runtime(replace(settings, media=media), rng=Random(4)) as runtime,
        open_caller() as agent,
    ):
        with trio.socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rtp:
            await rtp.bind(("127.0.0.1", 0))
            session = await place(agent, runtime, rtp)
            heard = await hear(rtp, 60)
            for _ in range(2):  # by then a whole tick has passed, and with it the last packet
                await rtp.recv(2048)
            (live,) = runtime.live_calls()
            early = await runtime.pcap(live.id)
            assert early is not None
            await press(rtp, 60)
            assert await runtime.capture(live.id, "audio")
            spoken = await hear(rtp, 20, first=63)
            await press(rtp, 83)
            with trio.fail_after(10):
                await session.wait_ended()
                await live.over.wait()
            assert await runtime.pcap(live.id) is None
            ours, theirs = rtp.getsockname()[1], rtp.getpeername()[1]
        row = await runtime.store.of(DEFAULT_ORGANIZATION).get_call(live.id)
        (entry,) = [
            e
            for e in await runtime.store.of(DEFAULT_ORGANIZATION).timeline(live.id)
            if e.kind == "media.pcap_written"
        ]
    assert row is not None
    assert row.end_reason is not None
    assert row.end_reason.code is EndCode.MEDIA_TIMEOUT
    assert row.pcap_path == entry.data["path"]
    written = Path(str(row.pcap_path))
    assert written.parent == Path(str(row.recording_path)).parent

    live_file = data_dir / "early.pcap"
    await trio.Path(live_file).write_bytes(early)
    speech = {packet[12:] for packet in heard if packet[12:] != b"\xff" * 160}
    assert speech
    assert not any(payload in early for payload in speech)
    assert sequences(read_pcap(live_file, "-T", "rtp", "udp", "src", "port", str(ours))) == list(range(60))

    data = await trio.Path(written).read_bytes()
    kept = [packet in data for packet in spoken]  # the first of them had waited in the socket
    assert kept == sorted(kept)
    assert sum(kept) > 10, "kept as it went out"
    assert not any(packet in data for packet in heard[:50]), "before audio was asked for"
    assert KEY not in data
    received = read_pcap(written, "-T", "rtp", "udp", "src", "port", str(ours))
    assert sequences(received) == list(range(86))
    assert all(f" IP 127.0.0.1.{ours} > 127.0.0.1.{theirs}: " in line for line in received)
    assert len(read_pcap(written)) == entry.data["packets"]


KEY = bytes((5, 0x8A, 0x01, 0x40))


async def press(rtp: trio.socket.SocketType, first: int) -> None:
    """A key press in three packets."""
    for number in range(first, first + 3):
        header = b"\x80\x65" + number.to_bytes(2, "big") + (first * 160).to_bytes(4, "big") + b"\0\0\0\7"
        await rtp.send(header + KEY)


def sequences(lines: list[str]) -> list[int]:
    """The RTP sequence numbers that tcpdump read."""
    found = [re.search(r"udp/rtp \d+ c\d+ \S* ?(\d+) \d+", line) for line in lines]
    return [int(match[1]) for match in found if match]


async def test_leaving_drains_and_says_goodbye(data_dir: Path) -> None:
    settings = settings_in(data_dir)
    async with open_caller() as agent:
        with trio.socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rtp:
            await rtp.bind(("127.0.0.1", 0))
            async with open_runtime(
                replace(settings, call=replace(settings.call, drain_s=0.2)), rng=Random(4)
            ) as runtime:
                session = await place(agent, runtime, rtp)
                await hear(rtp, 10)
                (live,) = runtime.live_calls()
                await runtime.drain()  # for drain_s: this caller stays
                checks = {check.name: check.ok for check in await runtime.check()}
                assert not checks["calls"]
            with trio.fail_after(5):
                assert (await session.wait_ended()).by_remote
    async with open_runtime(settings, rng=Random(6)) as again:
        row = await again.store.of(DEFAULT_ORGANIZATION).get_call(live.id)
        assert row is not None
        assert row.end_reason is not None
        assert row.end_reason.code is EndCode.SHUTDOWN


async def test_the_host_is_checked_before_anything_starts(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    check_host(settings)
    assert not (tmp_path / "postgres").exists()


async def test_without_a_recogniser_no_call_is_taken(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_runtime(settings_in(data_dir), rng=Random(4)) as runtime, open_caller() as agent:
        transcriber = runtime.transcriber
        assert isinstance(transcriber, EmbeddedTranscriber)
        monkeypatch.setattr(recogniser_process, "_MODULE", "aywa.providers.no_such_worker")
        for process in transcriber.processes:
            os.kill(process.pid or 0, signal.SIGKILL)
        with trio.fail_after(30):
            while transcriber.fault() is None:  # noqa: ASYNC110 - the product sees the death, tests are not told
                await trio.sleep(0.01)
        checks = {check.name: check for check in await runtime.check()}
        assert not checks["providers"].ok
        assert "recogniser" in checks["providers"].detail
        with trio.socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rtp:
            await rtp.bind(("127.0.0.1", 0))
            with capture_logs() as logs, pytest.raises(InviteFailed) as refused:
                await place(agent, runtime, rtp)
        assert refused.value.status == 503
        assert not runtime.live_calls()
        (told,) = [line for line in logs if line["event"] == "calls.refused"]
        assert told["limit"] == runtime.transcriber.fault()
