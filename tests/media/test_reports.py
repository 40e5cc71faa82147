"""RTCP of a leg, on a clock that the test turns: what is sent, what is believed, what it never touches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from random import Random
from socket import socket

import pytest

from aywa._native.rtcp import ntp_of
from aywa.media.events import MediaTimeout
from aywa.media.format import Codec, MediaFormat, PayloadFormat, SrtpKeys, SrtpSuite
from aywa.media.stats import LegStats
from tests.kit.engine_rig import ULAW_SILENCE, Rig, bound_socket, drain, peer_word
from tests.kit.formats import g711_format
from tests.kit.mutate import mutated
from tests.kit.oracles import rtcp as slow
from tests.kit.oracles.srtp import SlowSrtp

OURS, THEIRS = 0xABCD, 0x1234
MUTATED_PACKETS = 100_000
FIRST_MS, LATER_MS = 3100, 6200  # the longest waits for the first report and for the next (RFC 3550 A.7)
OPUS = PayloadFormat(Codec.OPUS, 111, 48_000, fec=True)


class Line:
    """A leg with its RTCP port, and the far side's."""

    def __init__(self, rig: Rig, engine: socket, phone: socket) -> None:
        self.rig = rig
        self.far = phone
        self._to = engine.getsockname()

    def report(self, data: bytes) -> None:
        """A report of the far side, port to port."""
        self.far.sendto(data, self._to)

    def talk(self, ms: int, *, lose: tuple[int, ...] = ()) -> None:
        """Both sides send silence; `lose`: numbers of the phone's packets that do not arrive."""
        for number in range(ms // 20):
            packet = self.rig.phone.packet(ULAW_SILENCE)
            if number not in lose:
                self.rig.phone.send(packet)
            self.rig.step()

    def stats(self) -> LegStats:
        leg = self.rig.leg
        return LegStats.of(leg.stats(), leg.report_figures(), self.rig.format)

    def now_ntp(self) -> int:
        """The engine's NTP time of its last tick; its epoch is 1970 here."""
        return ntp_of((self.rig._tick - 1) * 1_000_000)


@contextmanager
def line(
    *, mux: bool = False, format: MediaFormat | None = None, **leg: int | bool | bytes
) -> Iterator[Line]:
    with bound_socket() as engine, bound_socket() as phone:
        made = replace(format or g711_format(0, 101), remote_rtcp=phone.getsockname(), rtcp_mux=mux)
        with Rig(format=made, rtcp_fd=engine.fileno(), cname=b"leg-1", seed=7, **leg) as rig:
            yield Line(rig, engine, phone)


def reports(datagrams: list[bytes]) -> list[slow.Report]:
    """Those among the datagrams, read by the twin."""
    found = [slow.parse(data, THEIRS) for data in datagrams if 192 <= data[1] <= 223]
    assert None not in found
    return [report for report in found if report is not None]


def answer(report: slow.Report, now_ntp: int, *, held_ms: int, lost: int = 0, fraction: int = 0) -> bytes:
    """An RR of a far side that has held our sender report for this long."""
    info = report[1]
    assert info is not None
    highest = 10 + info[2] - 1  # the rig's first sequence number is 10
    block = (OURS, fraction, lost, highest, 80, info[0] >> 16 & 0xFFFFFFFF, held_ms * 65536 // 1000)
    return slow.pack(THEIRS, b"far", None, block, now_ntp, False)


@pytest.mark.parametrize("mux", [False, True])
def test_a_sender_report_counts_what_was_sent_and_what_was_lost(mux: bool) -> None:
    with line(mux=mux) as call:
        lost = tuple(range(7, 50, 20))
        call.talk(1000, lose=lost)
        call.talk(FIRST_MS - 1000)
        wire = drain(call.rig.phone.socket)
        data = [p for p in (wire if mux else drain(call.far)) if 192 <= p[1] <= 223]
        assert not [p for p in (drain(call.far) if mux else wire) if 192 <= p[1] <= 223]
        (report,) = reports(data)
        ssrc, info, block, left, skipped = report
        assert info is not None
        assert block is not None
        ntp, timestamp, packets, octets = info
        assert (ssrc, left, skipped) == (OURS, None, 0)
        assert octets == packets * 160
        # One packet each 20 ms from time 0 on, when the clock stood at 1000.
        assert timestamp == 1000 + (packets - 1) * 160
        assert abs(ntp - ntp_of((packets - 1) * 20_000_000)) < 1 << 23  # 2 ms
        assert block[0] == THEIRS
        assert block[2] == len(lost)
        assert block[3] == 100 + packets - 2  # the phone's packet of this turn is still on its way
        assert block[1] == len(lost) * 256 // (packets - 1)
        assert b"\x01\x05leg-1" in data[0]
        assert call.stats().reports.sent == 1


def test_reports_come_every_five_seconds_and_name_what_is_new() -> None:
    with line() as call:
        call.talk(60_000, lose=(1000,))
        found = reports(drain(call.far))
        # 5 s * (0.5 .. 1.5) / (e - 1.5) is 2.05 to 6.16 s.
        assert 60_000 // 6160 <= len(found) <= 60_000 // 2050 + 1
        fractions = [report[2][1] for report in found if report[2]]
        assert sum(fraction > 0 for fraction in fractions) == 1
        assert found[-1][2] is not None
        assert found[-1][2][2] == 1


def test_a_leg_that_sends_nothing_receives_and_says_so() -> None:
    with line() as call:
        call.rig.leg.hold(True)
        call.talk(FIRST_MS)
        (report,) = reports(drain(call.far))
        assert report[1] is None
        assert report[2] is not None


def test_the_round_trip_is_what_the_way_takes() -> None:
    with line() as call:
        call.talk(FIRST_MS)
        (report,) = reports(drain(call.far))
        assert report[1] is not None
        sent_ms = (report[1][0] - ntp_of(0)) * 1000 / 2**32
        call.report(answer(report, call.now_ntp(), held_ms=20))
        call.rig.wait_ms(1)
        took = call.rig._tick - 1 - sent_ms - 20
        assert call.stats().reports.round_trip_ms == pytest.approx(took, abs=0.1)


@pytest.mark.parametrize("mux", [False, True])
def test_what_the_far_side_reports_is_told(mux: bool) -> None:
    with line(mux=mux) as call:
        call.talk(FIRST_MS)
        (report,) = reports(drain(call.rig.phone.socket if mux else call.far))
        assert report[1] is not None
        rr = answer(report, 0, held_ms=0, lost=3, fraction=64)
        call.rig.phone.send(rr) if mux else call.report(rr)
        call.rig.wait_ms(1)
        told = call.stats().reports
        assert (told.received, told.malformed) == (1, 0)
        assert (told.remote_lost, told.remote_expected) == (3, report[1][2])
        assert told.remote_loss_percent == 25.0
        assert told.remote_jitter_ms == 10.0


def test_a_report_on_the_rtp_port_is_taken_without_having_been_agreed_on() -> None:
    with line(mux=False) as call:
        call.rig.phone.send(slow.pack(THEIRS, b"far", None, None, 0, False))
        call.rig.wait_ms(1)
        assert call.stats().reports.received == 1
        assert call.stats().malformed == 0


def test_a_leg_says_goodbye_and_hears_one() -> None:
    with line() as call:
        call.talk(200)
        call.report(slow.pack(THEIRS, b"far", None, None, 0, True))
        call.rig.wait_ms(1)
        assert call.stats().reports.goodbyes == 1
        drain(call.far)
        assert call.rig.remove()
        (report,) = reports(drain(call.far))
        assert report[3] == OURS


def test_a_leg_that_never_spoke_leaves_without_a_word() -> None:
    with line() as call:
        call.rig.leg.hold(True)
        call.rig.step(3)
        assert call.rig.remove()
        assert drain(call.far) == []


def test_without_an_agreed_address_nothing_is_sent_or_believed() -> None:
    with line() as call:
        call.rig.configure(remote_rtcp=None)
        call.talk(FIRST_MS)
        call.report(slow.pack(THEIRS, b"far", None, None, 0, False))
        call.rig.wait_ms(1)
        assert drain(call.far) == []
        assert call.stats().reports.received == call.stats().reports.sent == 0


def test_strangers_are_not_believed() -> None:
    with line() as call, bound_socket() as stranger:
        call.talk(FIRST_MS)
        (report,) = reports(drain(call.far))
        stranger.sendto(answer(report, 0, held_ms=0, lost=9), call._to)
        call.rig.wait_ms(1)
        stranger.sendto(answer(report, 0, held_ms=0, lost=9), ("127.0.0.1", call.rig.phone.engine_port))
        call.rig.wait_ms(1)
        assert call.stats().reports.remote_lost is None
        assert call.stats().rejected_source == 2


def test_mutated_reports_do_nothing_to_the_call() -> None:
    with line() as call:
        call.talk(FIRST_MS)
        (report,) = reports(drain(call.far))
        good = [
            answer(report, 0, held_ms=3, lost=1),
            slow.pack(THEIRS, b"far", (5, 6, 7), None, 99, False),
        ]
        before, rng = call.stats(), Random(11)
        bad = iter(mutated(good, MUTATED_PACKETS, 11))
        for number in range(MUTATED_PACKETS // 8):
            for _ in range(8):
                data = next(bad)[:1400]
                muxed = len(data) > 1 and 192 <= data[1] <= 223 and rng.random() < 0.5
                (call.rig.phone.send if muxed else call.report)(data)
            if number % 20 == 0:
                call.rig.phone.say(ULAW_SILENCE)
            call.rig.wait_ms(1)
        after = call.stats()
        told = after.reports
        assert told.received + told.malformed == MUTATED_PACKETS
        assert told.malformed > MUTATED_PACKETS // 10
        assert (after.lost, after.malformed, after.duplicate, after.late) == (
            before.lost,
            before.malformed,
            before.duplicate,
            before.late,
        )
        assert after.received - before.received == -(-MUTATED_PACKETS // 8 // 20)
        assert after.sent - before.sent == pytest.approx(MUTATED_PACKETS / 8 / 20, abs=1)


def test_reports_are_encrypted_with_the_call() -> None:
    ours, theirs = Random(1).randbytes(30), Random(2).randbytes(30)
    suite = "AES_CM_128_HMAC_SHA1_80"
    keys = SrtpKeys(SrtpSuite(suite), ours, theirs)
    with line(format=replace(g711_format(0, 101), srtp=keys)) as call:
        far = SlowSrtp(suite, theirs)
        call.rig.phone.send(far.protect(call.rig.phone.packet(ULAW_SILENCE), 100))
        call.rig.wait_ms(FIRST_MS)
        (data,) = drain(call.far)
        opened = SlowSrtp(suite, ours).unprotect_rtcp(data)
        assert opened is not None
        report = slow.parse(opened[0], THEIRS)
        assert report is not None
        assert report[0] == OURS
        reply = far.protect_rtcp(answer(report, 0, held_ms=0, lost=2), 1)
        call.report(answer(report, 0, held_ms=0, lost=9))  # in the clear: nobody's word
        call.report(reply)
        call.rig.wait_ms(2)
        assert call.stats().reports.remote_lost == 2
        call.report(reply)
        call.rig.wait_ms(2)
        assert call.stats().reports.received == 1
        assert call.stats().replayed == 1


def test_opus_spends_on_error_correction_what_the_far_side_loses() -> None:
    speech = Random(3).randbytes(2 * 16_000)
    format = MediaFormat(send=OPUS, receive=(OPUS,))
    with line(format=format) as call:
        call.rig.wait_ms(FIRST_MS)
        (report,) = reports(drain(call.far))
        corrected = []
        for fraction in (0, 77):
            call.report(answer(report, 0, held_ms=0, fraction=fraction))
            call.rig.wait_ms(1)
            drain(call.rig.phone.socket)
            call.rig.leg.write(speech[:16_000], 0)
            call.rig.wait_ms(400)
            payloads = [packet.payload for packet in call.rig.phone.heard()]
            corrected.append(sum(payload[1] >> 6 & 1 for payload in payloads if len(payload) > 10))
        assert corrected[0] <= 1  # the frame before the news is still in the coder
        assert corrected[1] > 10


def test_reports_are_not_media_and_a_hold_misses_none() -> None:
    with line(timeout_samples=8000) as call:
        call.talk(100)
        for _ in range(100):
            call.report(slow.pack(THEIRS, b"far", None, None, 0, False))
            call.rig.step()
        assert [type(event) for event in call.rig.take_events() if isinstance(event, MediaTimeout)]
    with line(timeout_samples=8000) as call:
        call.talk(100)
        call.rig.leg.hold(True)
        call.rig.wait_ms(20_000)
        assert not [event for event in call.rig.take_events() if isinstance(event, MediaTimeout)]


def test_the_rtcp_socket_is_told_from_the_leg() -> None:
    """Both sockets of several legs in one tick; the layout of a leg does not move its parts."""
    with line() as call:
        for _ in range(5):
            call.rig.phone.say(ULAW_SILENCE)
            call.report(slow.pack(THEIRS, b"far", None, None, 0, False))
        call.rig.wait_ms(1)
        assert call.stats().received == 5
        assert call.stats().reports.received == 5
        assert peer_word(call.far)
