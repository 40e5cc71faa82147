"""What a leg keeps of its packets: both ways, in the clear, and nothing that should not be kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import pytest

from aywa._native import g711
from aywa._native.capture import NativeCapture
from aywa._native.leg import NativeLeg
from aywa._native.srtp import SUITES, CryptSession
from aywa.media.format import EventFormat, SrtpKeys, SrtpSuite
from aywa.ports.capture import CaptureMode
from tests.kit.engine_rig import FRAME, Packet, Rig, bound_socket, peer_word
from tests.kit.formats import g711_format

SPEECH = bytes(0x81 + at % 120 for at in range(50 * FRAME))
MODES = {CaptureMode.HEADERS: 1, CaptureMode.AUDIO: 2, CaptureMode.FULL: 3}
RECEIVED, SENT = 0, 1
KEYS = SrtpKeys(SrtpSuite.AES_CM_128_HMAC_SHA1_80, bytes(range(30)), bytes(range(100, 130)))


@dataclass
class Kept:
    """A packet of the ring."""

    at_ns: int
    direction: int
    peer: int
    length: int
    data: bytes

    @property
    def rtp(self) -> Packet:
        return Packet.of(self.data)


def attach(leg: NativeLeg, mode: CaptureMode, packets: int = 256) -> NativeCapture:
    ring = NativeCapture(MODES[mode], packets)
    leg.capture(ring)
    return ring


def kept(ring: NativeCapture) -> list[Kept]:
    return [
        Kept(at_ns, direction, peer, length, data)
        for at_ns, direction, is_rtcp, peer, length, data in ring.packets()
        if not is_rtcp
    ]


def press(rig: Rig, payload_type: int, code: int) -> None:
    """A whole key press in three packets."""
    for duration, end in ((160, 0), (320, 1), (320, 1)):
        payload = bytes((code, end << 7 | 10)) + duration.to_bytes(2, "big")
        rig.phone.send(rig.phone.packet(payload, payload_type=payload_type, advance=0))
        rig.step()


def test_both_directions_are_kept_as_they_were() -> None:
    with Rig() as rig:
        ring = attach(rig.leg, CaptureMode.FULL)
        rig.leg.write(g711.decode_ulaw(SPEECH[: 10 * FRAME]), 0)
        rig.talk(SPEECH[10 * FRAME : 20 * FRAME])
        found = kept(ring)
        heard = rig.phone.heard()
        sent = [packet for packet in found if packet.direction == SENT]
        received = [packet for packet in found if packet.direction == RECEIVED]
        assert [packet.rtp for packet in sent] == heard
        assert b"".join(packet.rtp.payload for packet in received) == SPEECH[10 * FRAME : 20 * FRAME]
        assert [packet.rtp.sequence for packet in received] == list(range(100, 110))
        assert {packet.peer for packet in found} == {peer_word(rig.phone.socket)}
        assert {packet.length for packet in found} == {172}
        assert [b.at_ns - a.at_ns for a, b in pairwise(sent)] == [20_000_000] * 9
        assert [b.at_ns - a.at_ns for a, b in pairwise(received)] == [20_000_000] * 9


@pytest.mark.parametrize("mode", list(MODES))
def test_what_each_mode_keeps_of_speech_and_keys(mode: CaptureMode) -> None:
    with Rig() as rig:
        ring = attach(rig.leg, mode)
        rig.leg.write(g711.decode_ulaw(SPEECH[: 5 * FRAME]), 0)
        rig.talk(SPEECH[: 5 * FRAME])
        press(rig, 101, 5)
        rig.leg.send_digit(7, 320)
        rig.step(10)
        data = b"".join(packet.data for packet in kept(ring))
        kinds = {packet.data[1] & 0x7F for packet in kept(ring)}
        assert kinds == {0, 101}
        assert (SPEECH[:FRAME] in data) is (mode is not CaptureMode.HEADERS)
        for code in (5, 7):
            assert (bytes((code, 0x8A, 1, 0x40)) in data) is (mode is CaptureMode.FULL)
        if mode is CaptureMode.HEADERS:
            assert {len(packet.data) for packet in kept(ring)} == {12}


def test_a_key_under_a_number_that_was_given_up_is_blanked() -> None:
    """After a re-INVITE old packets still come."""
    with Rig() as rig:
        ring = attach(rig.leg, CaptureMode.AUDIO)
        rig.configure(events=EventFormat(96), receive_events=(EventFormat(96),))
        rig.step()
        press(rig, 101, 5)
        old = [packet for packet in kept(ring) if packet.data[1] & 0x7F == 101]
        assert len(old) == 3
        assert {packet.data[12:] for packet in old} == {bytes(4)}


def test_strangers_are_not_kept_and_nonsense_by_its_length() -> None:
    with Rig() as rig, bound_socket() as stranger:
        ring = attach(rig.leg, CaptureMode.AUDIO)
        stranger.sendto(rig.phone.packet(SPEECH[:FRAME]), ("127.0.0.1", rig.phone.engine_port))
        rig.phone.send(b"no RTP at all")
        rig.step()
        received = [packet for packet in kept(ring) if packet.direction == RECEIVED]
        assert [(packet.length, packet.data) for packet in received] == [(13, bytes(13))]


def test_srtp_is_kept_decrypted_and_without_its_keys() -> None:
    format = replace(g711_format(0, 101), srtp=KEYS)
    with Rig(format=format) as rig:
        ring = attach(rig.leg, CaptureMode.FULL)
        far = CryptSession(SUITES.index(KEYS.suite.value), KEYS.remote, KEYS.local)
        rig.leg.write(g711.decode_ulaw(SPEECH[:FRAME]), 0)
        clear = rig.phone.packet(SPEECH[FRAME : 2 * FRAME])
        rig.phone.send(far.protect(clear))
        rig.phone.send(rig.phone.packet(SPEECH[:FRAME]))  # not by the peer's key
        rig.step()
        found = kept(ring)
        assert [packet.data for packet in found if packet.direction == RECEIVED] == [clear]
        assert [packet.rtp.payload for packet in found if packet.direction == SENT] == [SPEECH[:FRAME]]
        data = b"".join(packet.data for packet in found)
        assert KEYS.local[:8] not in data
        assert KEYS.remote[:8] not in data


@pytest.mark.parametrize("mux", [False, True])
@pytest.mark.parametrize("keys", [None, KEYS], ids=["clear", "srtcp"])
def test_reports_of_both_sides_are_kept_in_the_clear(mux: bool, keys: SrtpKeys | None) -> None:
    with bound_socket() as engine, bound_socket() as far:
        format = replace(g711_format(0), remote_rtcp=far.getsockname(), rtcp_mux=mux, srtp=keys)
        with Rig(format=format, rtcp_fd=engine.fileno(), cname=b"leg-1", seed=7) as rig:
            ring = attach(rig.leg, CaptureMode.FULL, 1024)
            report = (
                b"\x80\xc9\x00\x01\x00\x00\x12\x34\x81\xca\x00\x03\x00\x00\x12\x34\x01\x03far\x00\x00\x00"
            )
            crypt = CryptSession(SUITES.index(KEYS.suite.value), KEYS.remote, KEYS.local)
            data = report if keys is None else crypt.protect_rtcp(report)
            assert isinstance(data, bytes)
            if mux:
                rig.phone.send(data)
            else:
                far.sendto(data, engine.getsockname())
            rig.step(350)
            told = [packet for packet in ring.packets() if packet[2]]
            received = [packet for packet in told if packet[1] == RECEIVED]
            sent = [packet for packet in told if packet[1] == SENT]
            peer = peer_word(rig.phone.socket if mux else far)
            assert [(packet[3], packet[5]) for packet in received] == [(peer, report)]
            assert len(sent) >= 2
            assert {packet[3] for packet in sent} == {peer}
            for packet in sent:
                assert packet[5][1] in (200, 201)
                assert packet[4] == len(packet[5])
                assert b"leg-1" in packet[5]
            assert rig.leg.stats()["forged"] == 0


def test_a_ring_may_come_in_mid_call_and_its_mode_may_change() -> None:
    with Rig() as rig:
        before = rig.leg.memory
        rig.talk(SPEECH[:FRAME])
        ring = attach(rig.leg, CaptureMode.HEADERS)
        rig.talk(SPEECH[:FRAME])
        ring.mode = MODES[CaptureMode.FULL]
        rig.talk(SPEECH[:FRAME])
        received = [packet for packet in kept(ring) if packet.direction == RECEIVED]
        assert [(packet.data[3], len(packet.data)) for packet in received] == [(101, 12), (102, 172)]
        assert rig.leg.memory - before == ring.memory == 256 * 256
        with pytest.raises(ValueError, match="has its capture"):
            attach(rig.leg, CaptureMode.FULL)
        with pytest.raises(ValueError, match="headers"):
            ring.mode = 0


def test_the_ring_keeps_the_last_packets() -> None:
    with Rig() as rig:
        ring = attach(rig.leg, CaptureMode.HEADERS, 16)
        rig.talk(SPEECH)
        found = kept(ring)
        assert len(found) == 16
        assert found[-1].rtp.sequence in (149, 59)  # the last received, the last sent
        assert [packet.at_ns for packet in found] == sorted(packet.at_ns for packet in found)
