"""The quality of a leg from its counters, and the counters themselves: bursts, and what FEC made good."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aywa._native.codec import NativeCodec
from aywa.media.format import Codec, MediaFormat, PayloadFormat
from aywa.media.quality import quality_of
from aywa.media.stats import LegStats, ReportStats
from aywa.proto.rtp.quality import CODECS, mos_of, rating
from tests.kit.engine_rig import ULAW_SILENCE, Rig
from tests.kit.formats import g711_format
from tests.kit.recordings import read_recording
from tests.kit.wideband import wideband

OPUS = PayloadFormat(Codec.OPUS, 111, 48_000, fec=True)


def stats_of(rig: Rig) -> LegStats:
    return LegStats.of(rig.leg.stats(), rig.leg.report_figures(), rig.format)


def test_nothing_heard_and_nothing_told_is_no_quality() -> None:
    with Rig() as rig:
        quality = quality_of(stats_of(rig), rig.format)
        assert (quality.received, quality.sent, quality.round_trip_ms) == (None, None, None)


def test_losses_are_rated_by_how_they_came() -> None:
    with Rig() as rig:
        for number in range(1000):
            packet = rig.phone.packet(ULAW_SILENCE)
            if number % 100 not in (50, 51):
                rig.phone.send(packet)
            rig.step()
        stats = stats_of(rig)
        assert (stats.lost, stats.reports.loss_bursts, stats.heard, stats.heard_ms) == (20, 10, "PCMU", 20)
        quality = quality_of(stats, rig.format).received
        assert quality is not None
        assert quality.loss_percent == pytest.approx(2.0)
        # Packets of 20 ms, no jitter; bursts of 2 are 1.96 times what random loss of 2 % makes.
        assert quality.mos == pytest.approx(mos_of(rating(CODECS["PCMU"], 20.0, 2.0, 1.96)), abs=0.01)


def test_what_a_later_packet_made_good_was_not_lost() -> None:
    encoder = NativeCodec("opus", 16_000, 48_000, fec=True)
    encoder.expect_loss(20)
    speech = wideband(read_recording("vm-intro"))
    flagged = 0
    format = MediaFormat(send=OPUS, receive=(OPUS,))
    with Rig(format=format, payload_type=111) as rig:
        rig.phone.payload_type = 111
        for number in range(250):
            payload = encoder.encode(speech[640 * number : 640 * (number + 1)])
            packet = rig.phone.packet(payload, advance=960)
            if number % 10 != 5:
                rig.phone.send(packet)
            if number % 10 == 6:
                flagged += payload[1] >> 6 & 1  # SILK, one frame: the bit behind that of activity
            rig.step()
        stats = stats_of(rig)
        assert (stats.lost, stats.reports.recovered, stats.heard) == (25, flagged, "opus")
        assert flagged > 10
        quality = quality_of(stats, rig.format).received
        assert quality is not None
        assert quality.loss_percent == pytest.approx((25 - flagged) / 2.5)


def test_the_far_side_is_rated_by_its_reports() -> None:
    with Rig() as rig:
        told = ReportStats(remote_lost=30, remote_expected=1000, remote_jitter_ms=5.0, round_trip_ms=100.0)
        quality = quality_of(replace(stats_of(rig), reports=told), g711_format(8)).sent
        assert quality is not None
        assert (quality.loss_percent, quality.jitter_ms) == (3.0, 5.0)
        # Half the round trip, a packet, and a buffer of twice the jitter.
        assert quality.mos == pytest.approx(mos_of(rating(CODECS["PCMA"], 80.0, 3.0)))
