"""Reports and strangers on the engine's thread: two legs over a lossy, slow way, a call under a spray."""

from __future__ import annotations

from array import array
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random

import pytest
import trio

from aywa._native import g711
from aywa.media.engine import MediaEngine, open_media_engine
from aywa.media.format import SrtpKeys, SrtpSuite
from aywa.media.leg import BargeInPolicy, Leg, LegParameters
from aywa.media.peer import NatPolicy
from aywa.settings import MediaSettings
from tests.kit.engine_rig import FRAME, Phone, drain
from tests.kit.formats import g711_format
from tests.kit.netem import Network, Weather

pytestmark = [pytest.mark.live, pytest.mark.paired]

DEADLINE_S = 40.0
DELAY_S, LOSS = 0.06, 0.05
SETTINGS = MediaSettings(rtp_port_min=41000, rtp_port_max=42999, port_quarantine_s=0.0)


async def until(leg: Leg, ready: object) -> None:
    """Wait for what another thread makes true; the surrounding deadline bounds it."""
    while not ready(leg.stats()):  # type: ignore[operator]  # noqa: ASYNC110 - no Trio events from there
        await trio.sleep(0.01)


class Relay:
    """The way between two legs: a socket pair for each side, and a network in between."""

    def __init__(self, weather: Weather) -> None:
        # Reports come through: what they say of the loss is what is looked at.
        self.network = {
            "rtp": Network(weather, Random(3)),
            "rtcp": Network(replace(weather, loss=0.0), Random(4)),
        }
        self.doors: dict[tuple[int, str], trio.socket.SocketType] = {}
        self.legs: dict[int, int] = {}
        self.seen: list[tuple[int, bytes]] = []  # reports by the leg that sent them

    async def open(self) -> None:
        for side in (0, 1):
            for kind in ("rtp", "rtcp"):
                door = trio.socket.socket(trio.socket.AF_INET, trio.socket.SOCK_DGRAM)
                await door.bind(("127.0.0.1", 0))
                self.doors[side, kind] = door

    def address(self, side: int, kind: str) -> tuple[str, int]:
        host, port = self.doors[side, kind].getsockname()
        return host, port

    async def carry(self, side: int, kind: str) -> None:
        """What comes in at one side's door goes out at the other's, later."""
        while True:
            data, _ = await self.doors[side, kind].recvfrom(2048)
            if 192 <= data[1] <= 223:
                self.seen.append((side, data))
            name = "rtcp" if 192 <= data[1] <= 223 else kind
            port = self.legs[1 - side] + (kind == "rtcp")
            self.network[name].send(
                data, (str(1 - side), kind == "rtcp"), ("127.0.0.1", port), trio.current_time()
            )

    async def deliver(self) -> None:
        while True:
            for network in self.network.values():
                for datagram in network.deliver(trio.current_time()):
                    side, rtcp = datagram.source
                    door = self.doors[int(side), "rtcp" if rtcp else "rtp"]
                    await door.sendto(datagram.data, datagram.destination)
            await trio.sleep(0.001)


@asynccontextmanager
async def related(
    engine: MediaEngine, *, mux: bool, keys: tuple[SrtpKeys, SrtpKeys] | None = None
) -> AsyncIterator[tuple[Leg, Leg, Relay]]:
    relay = Relay(Weather(loss=LOSS, delay_s=DELAY_S))
    await relay.open()
    ports = engine.reserve_port(), engine.reserve_port()
    relay.legs = {side: pair.port for side, pair in enumerate(ports)}
    made = []
    for side in (0, 1):
        rtp = relay.address(side, "rtp")
        format = replace(
            g711_format(0),
            remote_rtcp=rtp if mux else relay.address(side, "rtcp"),
            rtcp_mux=mux,
            srtp=keys[side] if keys else None,
        )
        made.append(LegParameters(remote=rtp, format=format, ssrc=70 + side, barge_in=BargeInPolicy.OFF))
    async with trio.open_nursery() as nursery:
        for side, kind in relay.doors:
            nursery.start_soon(relay.carry, side, kind)
        nursery.start_soon(relay.deliver)
        async with engine.open_leg(made[0], ports=ports[0]) as near:
            async with engine.open_leg(made[1], ports=ports[1]) as far:
                yield near, far, relay
            await until(near, lambda stats: stats.reports.goodbyes == 1)
        nursery.cancel_scope.cancel()
    for door in relay.doors.values():
        door.close()


@pytest.mark.parametrize(("mux", "srtp"), [(False, False), (True, False), (True, True)])
async def test_two_legs_tell_each_other_how_they_sound(mux: bool, srtp: bool) -> None:
    a, b = Random(1).randbytes(30), Random(2).randbytes(30)
    suite = SrtpSuite.AES_CM_128_HMAC_SHA1_80
    keys = (SrtpKeys(suite, a, b), SrtpKeys(suite, b, a)) if srtp else None
    with trio.fail_after(DEADLINE_S):
        async with (
            open_media_engine(SETTINGS, rng=Random(5)) as engine,
            related(engine, mux=mux, keys=keys) as (near, far, relay),
        ):
            for leg in (near, far):
                await until(leg, lambda stats: stats.reports.round_trip_ms is not None)
            for leg, other in ((near, far), (far, near)):
                stats, heard = leg.stats(), other.stats()
                reports, quality = stats.reports, leg.quality()
                # Each way is seen within a tick and the relay's own pace.
                assert reports.round_trip_ms is not None
                assert 2000 * DELAY_S - 1 <= reports.round_trip_ms <= 2000 * DELAY_S + 60
                assert reports.malformed == stats.malformed == stats.forged == stats.rejected_source == 0
                assert reports.remote_lost is not None
                assert reports.remote_expected is not None
                # What the far leg counted by its own means, up to what came since its report.
                assert 0 < reports.remote_lost <= heard.lost + 3
                assert reports.remote_expected <= stats.sent
                assert quality.received is not None
                assert quality.sent is not None
                assert 1.0 < quality.sent.mos < 4.3
                assert 1.0 < quality.received.mos < 4.3
            assert near.stats().lost + far.stats().lost == pytest.approx(relay.network["rtp"].lost, abs=8)
            if srtp:
                assert all(b"\x01\x18" not in data for _, data in relay.seen)


@pytest.mark.parametrize("nat", [NatPolicy.OFF, NatPolicy.ANY])
async def test_a_spray_is_neither_heard_nor_recorded_nor_answered(nat: NatPolicy) -> None:
    """10,000 packets a second from five sources for two seconds, while the right one talks."""
    codes = [Random(seed).randbytes(FRAME).replace(b"\x7f", b"\x70") for seed in range(100)]
    with trio.fail_after(DEADLINE_S):
        async with open_media_engine(SETTINGS, rng=Random(5)) as engine:
            ports = engine.reserve_port()
            phone = Phone(ports.port)
            attackers = [Phone(ports.port, ssrc=phone.ssrc + number % 2) for number in range(5)]
            parameters = LegParameters(
                remote=phone.socket.getsockname(),
                format=g711_format(0),
                ssrc=1,
                barge_in=BargeInPolicy.OFF,
                record=True,
                nat=nat,
            )
            recording, sprayed = bytearray(), 0
            async with engine.open_leg(parameters, ports=ports) as leg:
                await until(leg, lambda _: leg.timeline > 0)  # the recording begins there
                begin = trio.current_time()
                waiting = list(codes)
                while waiting:
                    if trio.current_time() >= begin + 0.02 * (len(codes) - len(waiting)):
                        phone.say(waiting.pop(0))
                    for attacker in attackers * 4:  # 20 packets each 2 ms
                        attacker.sequence = phone.sequence + sprayed % 8  # guessed as well as can be
                        attacker.timestamp = phone.timestamp
                        attacker.say(b"\x00" * FRAME)  # the loudest there is
                        sprayed += 1
                    # Not until a time: catching up after a stall would be another test.
                    await trio.sleep(0.002)
                    recording += leg.read_recording()
                await trio.sleep(0.2)
                took, stats = trio.current_time() - begin, leg.stats()
            while frames := leg.read_recording():
                recording += frames
            answers = [packet for attacker in attackers for packet in drain(attacker.socket)]
            for one in (phone, *attackers):
                one.socket.close()
    assert sprayed / took > 5_000
    assert answers == []
    assert stats.source_changes == stats.duplicate == stats.late == 0
    # A machine that stalls for 20 ms lets the kernel's buffer run over, whoever the packets are from.
    assert stats.received + stats.lost == len(codes)
    assert stats.lost <= len(codes) // 10
    assert stats.rejected_source <= sprayed
    left = array("h", bytes(recording))[::2]
    loudest = array("h", g711.decode_ulaw(b"\x00"))[0]
    assert left.count(loudest) < FRAME // 2  # what random code words have of it, and no frame of the spray
    heard = left.tobytes()
    # The packet behind a hole fades in.
    assert sum(g711.decode_ulaw(code) not in heard for code in codes) <= 2 * stats.lost
