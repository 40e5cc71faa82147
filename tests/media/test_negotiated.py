"""From the settings to what is offered, and from what was agreed on to what the leg is given."""

from __future__ import annotations

from random import Random

import pytest

from aywa.media.format import Codec, EventFormat, MediaFormat, PayloadFormat, SrtpSuite
from aywa.media.negotiated import MAX_CODECS, MAX_EVENTS, local_audio, media_format, summary
from aywa.proto.sdp.audio import CodecOrder
from aywa.proto.sdp.crypto import CryptoSuite, SrtpUse
from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sdp.formats import CODECS
from aywa.proto.sdp.offer_answer import accept_answer, accept_offer, make_offer
from aywa.proto.sdp.parse import parse_sdp
from aywa.settings import MediaSettings
from aywa.settings.slices import SRTP_SUITES

PCMU = PayloadFormat(Codec.PCMU, 0)


def offer(formats: str, *lines: str, host: str = "198.51.100.7") -> SessionDescription:
    """One audio stream; `lines` without their `a=`."""
    head = f"v=0\no=- 7 1 IN IP4 198.51.100.7\ns=-\nc=IN IP4 {host}\nt=0 0\nm=audio 6000 RTP/AVP {formats}\n"
    return parse_sdp(head + "".join(f"a={line}\n" for line in lines))


def agreed(description: SessionDescription, **settings: object) -> MediaFormat:
    """What our leg is given after this offer."""
    media = MediaSettings(**settings)  # type: ignore[arg-type]
    return media_format(accept_offer(description, local_audio("192.0.2.1", 16384, media, Random(1))))


def test_the_settings_know_what_the_protocol_knows() -> None:
    assert MediaSettings().codecs == tuple(CODECS)
    assert tuple(suite.value for suite in CryptoSuite) == SRTP_SUITES
    assert {suite.value for suite in SrtpSuite} == set(SRTP_SUITES)
    assert {codec.value for codec in Codec} == set(CODECS)


def test_settings_become_what_is_offered() -> None:
    media = MediaSettings(
        codecs=("opus", "PCMA"), codec_order="offer", srtp="required", srtp_suites=SRTP_SUITES[2:]
    )
    local = local_audio("192.0.2.1", 16384, media, Random(1))
    names = [audio.name for audio in local.formats]
    assert names == ["opus", "PCMA", "telephone-event", "telephone-event", "CN"]
    assert (local.order, local.srtp.use) == (CodecOrder.OFFER, SrtpUse.REQUIRED)
    assert [suite.value for suite in local.srtp.suites] == list(SRTP_SUITES[2:])
    assert local_audio("192.0.2.1", 16384, media, Random(2)).srtp.entropy != local.srtp.entropy


def test_g711_with_everything_beside_it() -> None:
    description = offer("0 13 101", "rtpmap:101 telephone-event/8000", "ptime:30", "rtcp:6007")
    assert agreed(description) == MediaFormat(
        send=PCMU,
        receive=(PCMU,),
        events=EventFormat(101),
        receive_events=(EventFormat(101),),
        ptime_ms=30,
        comfort_noise=(13,),
        remote_rtcp=("198.51.100.7", 6007),
    )


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("useinbandfec=1;usedtx=1", PayloadFormat(Codec.OPUS, 111, 48000, fec=True, dtx=True)),
        ("maxaveragebitrate=20000", PayloadFormat(Codec.OPUS, 111, 48000, bitrate_bps=20_000)),
        ("maxplaybackrate=8000", PayloadFormat(Codec.OPUS, 111, 48000, bitrate_bps=12_000)),
        (
            "maxplaybackrate=8000;maxaveragebitrate=8000",
            PayloadFormat(Codec.OPUS, 111, 48000, bitrate_bps=8_000),
        ),
        ("maxplaybackrate=24000;stereo=1", PayloadFormat(Codec.OPUS, 111, 48000)),
    ],
)
def test_opus_is_sent_as_the_peer_wishes(parameters: str, expected: PayloadFormat) -> None:
    described = agreed(offer("111", "rtpmap:111 opus/48000/2", f"fmtp:111 {parameters}"))
    assert described.send == expected
    assert described.receive == (PayloadFormat(Codec.OPUS, 111, 48000, fec=True),)


def test_reports_go_where_the_peer_is() -> None:
    assert agreed(offer("0", "rtcp-mux")).remote_rtcp == ("198.51.100.7", 6000)
    assert agreed(offer("0", "rtcp-mux")).rtcp_mux
    assert agreed(offer("0", host="0.0.0.0")).remote_rtcp is None


@pytest.mark.parametrize("suite", SRTP_SUITES)
def test_keys_reach_both_legs_crosswise(suite: str) -> None:
    near = local_audio("192.0.2.1", 16384, MediaSettings(srtp="required", srtp_suites=(suite,)), Random(1))
    far = local_audio("192.0.2.2", 16386, MediaSettings(), Random(2))
    asked = make_offer(near, 1, 1)
    there = accept_offer(parse_sdp(asked.encode()), far)
    here = accept_answer(asked, parse_sdp(there.answer.encode()), srtp=SrtpUse.REQUIRED)
    mine, theirs = media_format(here).srtp, media_format(there).srtp
    assert mine is not None
    assert theirs is not None
    assert mine.suite is theirs.suite is SrtpSuite(suite)
    assert (mine.local, mine.remote) == (theirs.remote, theirs.local)
    assert summary(here) == {"codec": "PCMU", "clock_rate_hz": 8000, "ptime_ms": 20, "srtp": suite}


def test_no_more_numbers_than_a_leg_decodes() -> None:
    mine = local_audio("192.0.2.1", 16384, MediaSettings(), Random(1))
    asked = make_offer(mine, 1, 1)
    lines = [
        *("rtpmap:120 opus/48000/2", "rtpmap:121 L16/16000", "rtpmap:122 L16/8000", "rtpmap:123 PCMU/8000"),
        *("rtpmap:124 telephone-event/8000", "rtpmap:125 telephone-event/48000"),
        "rtpmap:126 telephone-event/16000",
    ]
    accepted = accept_answer(asked, offer("120 0 8 9 121 122 123 124 125 126", *lines))
    assert len(accepted.receive) > MAX_CODECS
    described = media_format(accepted)
    assert len(described.receive) == MAX_CODECS
    assert len(described.receive_events) == MAX_EVENTS
    assert [audio.payload_type for audio in described.receive[:2]] == [96, 0]
