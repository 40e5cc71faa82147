"""Every codec through offer and answer: which one is taken, under which numbers, with which companions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.proto.sdp.attributes import rtcp_of
from aywa.proto.sdp.audio import CodecOrder, LocalAudio, NoCommonCodec
from aywa.proto.sdp.choice import possible_ms
from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sdp.formats import CODECS, L16_16000, OPUS, PCMA, PCMU, AudioFormat, formats_for
from aywa.proto.sdp.offer_answer import accept_answer, accept_offer, make_offer
from aywa.proto.sdp.opus_parameters import OpusParameters, opus_parameters_of
from aywa.proto.sdp.parse import parse_sdp
from tests.kit.vectors.peers import ASTERISK_SDP

NAMES = tuple(CODECS)
EVERYTHING = LocalAudio("192.0.2.1", 16384, formats_for(NAMES))


def offer(formats: str, *lines: str) -> SessionDescription:
    """One audio stream; `lines` without their `a=`."""
    head = "v=0\no=- 7 1 IN IP4 198.51.100.7\ns=-\nc=IN IP4 198.51.100.7\nt=0 0\n"
    return parse_sdp(head + f"m=audio 6000 RTP/AVP {formats}\n" + "".join(f"a={line}\n" for line in lines))


OPUS_LINES = ("rtpmap:111 opus/48000/2", "fmtp:111 useinbandfec=1;maxaveragebitrate=24000")
EVENTS = ("rtpmap:96 telephone-event/48000", "rtpmap:97 telephone-event/8000")
WIDE = ("rtpmap:98 L16/16000", "rtpmap:99 telephone-event/16000", "rtpmap:100 CN/16000")


@pytest.mark.parametrize(
    ("description", "answered"),
    [
        (offer("9 8 0"), "8"),  # G.711 first, of its two laws the peer's
        (offer("0 8"), "0"),
        (offer("9"), "9"),
        (offer("9 97", *EVENTS), "9 97"),  # G.722 has an RTP clock of 8000
        (offer("111 9", *OPUS_LINES), "9"),
        (offer("111", *OPUS_LINES), "111"),
        (offer("111 96 97", *OPUS_LINES, *EVENTS), "111 96"),
        (offer("111 97", *OPUS_LINES, *EVENTS), "111 97"),  # no events at 48000: those at 8000 are taken
        (offer("0 96", *EVENTS), "0"),  # and not the other way round
        (offer("0 13"), "0 13"),
        (offer("98 99 100 13", *WIDE), "98 100 99"),  # each companion at the clock rate of the codec
        (offer("98 13 97", *WIDE, *EVENTS), "98 97"),
        (offer("111 13", *OPUS_LINES), "111"),  # Opus has a comfort noise of its own
        (offer("98", "rtpmap:98 L16/8000"), "98"),
        (offer("35 36", "rtpmap:35 opus/48000/2", "rtpmap:36 G722/8000"), "36"),
        (parse_sdp(ASTERISK_SDP), "0 101"),
    ],
)
def test_the_local_order(description: SessionDescription, answered: str) -> None:
    accepted = accept_offer(description, EVERYTHING)
    assert " ".join(accepted.answer.media[0].formats) == answered
    assert str(accepted.payload_type) == answered.split()[0]
    assert accepted.receive[0].payload_type == accepted.payload_type


@pytest.mark.parametrize(
    ("description", "answered"),
    [
        (parse_sdp(ASTERISK_SDP), "9 101"),
        (offer("111 9 8", *OPUS_LINES), "111"),
        (offer("18 98 0", *WIDE), "98"),
    ],
)
def test_the_order_of_the_offer(description: SessionDescription, answered: str) -> None:
    accepted = accept_offer(description, replace(EVERYTHING, order=CodecOrder.OFFER))
    assert " ".join(accepted.answer.media[0].formats) == answered


def test_a_law_is_preferred_when_the_list_separates_the_two() -> None:
    local = replace(EVERYTHING, formats=formats_for(("PCMA", "G722", "PCMU")))
    assert accept_offer(offer("0 8"), local).send == PCMA
    assert accept_offer(offer("0 9"), local).send.name == "G722"


@pytest.mark.parametrize(
    "description",
    [
        offer("96", "rtpmap:96 opus/48000"),  # RFC 7587 section 7: always 48000/2
        offer("96", "rtpmap:96 opus/16000/2"),
        offer("96", "rtpmap:96 L16/44100"),
        offer("96", "rtpmap:96 L16/16000/2"),
        offer("10"),  # L16 at 44100 Hz in stereo
        offer("13 97", *EVENTS),
        offer("18 3 4"),
    ],
)
def test_what_is_not_served(description: SessionDescription) -> None:
    with pytest.raises(NoCommonCodec):
        accept_offer(description, EVERYTHING)


def test_only_the_codecs_of_the_settings_are_served() -> None:
    local = replace(EVERYTHING, formats=formats_for(("opus",)))
    assert accept_offer(offer("0 8 9 111", *OPUS_LINES), local).send.name == "opus"
    with pytest.raises(NoCommonCodec):
        accept_offer(offer("0 8 9"), local)


def test_our_wording_of_opus_and_the_peers_wishes() -> None:
    accepted = accept_offer(offer("111", *OPUS_LINES), EVERYTHING)
    attributes = accepted.answer.media[0].attributes
    assert ("rtpmap", "111 opus/48000/2") in attributes
    assert ("fmtp", "111 maxplaybackrate=16000;useinbandfec=1") in attributes
    assert accepted.send.parameters == "useinbandfec=1;maxaveragebitrate=24000"


def test_our_whole_offer() -> None:
    attributes = make_offer(EVERYTHING, 1, 1).media[0].attributes
    assert [value for name, value in attributes if name == "rtpmap"] == [
        "0 PCMU/8000",
        "8 PCMA/8000",
        "9 G722/8000",
        "96 opus/48000/2",
        "97 L16/16000",
        "98 L16/8000",
        "101 telephone-event/8000",
        "102 telephone-event/48000",
        "103 telephone-event/16000",
        "13 CN/8000",
        "99 CN/16000",
    ]


def test_an_answer_under_other_numbers() -> None:
    """RFC 3264 section 6.1: the offer's numbers are what comes, the answer's what is sent."""
    mine = make_offer(EVERYTHING, 1, 1)
    answer = offer(
        "107 0 110", "rtpmap:107 opus/48000/2", "fmtp:107 usedtx=1", "rtpmap:110 telephone-event/48000"
    )
    accepted = accept_answer(mine, answer)
    assert (accepted.send.payload_type, accepted.send.parameters) == (107, "usedtx=1")
    assert [(a.payload_type, a.name) for a in accepted.receive] == [(96, "opus"), (0, "PCMU"), (107, "opus")]
    assert accepted.event_payload_type == 110
    assert [audio.payload_type for audio in accepted.receive_events] == [102, 110]


def test_a_number_of_ours_keeps_its_meaning_whatever_the_answer_says() -> None:
    accepted = accept_answer(
        make_offer(EVERYTHING, 1, 1), offer("97", "rtpmap:97 opus/48000/2")
    )  # 97 is our L16
    assert accepted.payload_type == 97
    assert [(audio.payload_type, audio.name) for audio in accepted.receive] == [(96, "opus")]


@pytest.mark.parametrize(
    ("audio", "wished", "sent"),
    [
        *((PCMU, 60, 60), (PCMU, 7, 10), (PCMU, 50, 50), (L16_16000, 60, 40), (L16_16000, 20, 20)),
        *((OPUS, 30, 20), (OPUS, 50, 40), (OPUS, 60, 60), (OPUS, 10, 10), (OPUS, 5, 10)),
    ],
)
def test_packets_that_a_codec_can_make(audio: AudioFormat, wished: int, sent: int) -> None:
    assert possible_ms(audio, wished) == sent


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("", OpusParameters()),
        ("useinbandfec=1; usedtx=1;stereo=1", OpusParameters(fec=True, dtx=True, stereo=True)),
        (" UseInbandFEC = 1 ;maxplaybackrate=8000", OpusParameters(fec=True, max_playback_rate=8000)),
        ("maxaveragebitrate=20000;cbr=1;x", OpusParameters(max_bitrate=20_000)),
        ("maxaveragebitrate=1", OpusParameters(max_bitrate=6_000)),
        ("maxaveragebitrate=9999999", OpusParameters(max_bitrate=510_000)),
        ("useinbandfec=yes;maxaveragebitrate=-5;maxplaybackrate=;usedtx=2", OpusParameters()),
        ("maxaveragebitrate=99999999999999999999;=;;", OpusParameters()),
        ("useinbandfec=0;useinbandfec=1", OpusParameters()),  # the first counts
    ],
)
def test_opus_parameters(text: str, meaning: OpusParameters) -> None:
    assert opus_parameters_of(text) == meaning


@pytest.mark.parametrize(
    ("lines", "rtcp", "mux", "answered"),
    [
        ([], ("198.51.100.7", 6001), False, []),
        (["rtcp:6009"], ("198.51.100.7", 6009), False, [("rtcp", "16385")]),
        (["rtcp:53020 IN IP4 203.0.113.5"], ("203.0.113.5", 53020), False, [("rtcp", "16385")]),
        (["rtcp-mux"], ("198.51.100.7", 6000), True, [("rtcp-mux", None)]),
        (["rtcp:6000", "rtcp-mux"], ("198.51.100.7", 6000), True, [("rtcp", "16384"), ("rtcp-mux", None)]),
        (["rtcp:53020 IN IP6 2001:db8::5"], None, False, [("rtcp", "16385")]),
        (["rtcp:53020 IN IP4 239.1.1.1"], None, False, [("rtcp", "16385")]),
        (["rtcp:53020 IN IP4 0.0.0.0"], None, False, [("rtcp", "16385")]),
        (["rtcp:0"], None, False, [("rtcp", "16385")]),
        (["rtcp:nonsense"], ("198.51.100.7", 6001), False, [("rtcp", "16385")]),
    ],
)
def test_rtcp(
    lines: list[str], rtcp: tuple[str, int] | None, mux: bool, answered: list[tuple[str, str | None]]
) -> None:
    accepted = accept_offer(offer("0", *lines), EVERYTHING)
    assert (accepted.rtcp, accepted.rtcp_mux) == (rtcp, mux)
    assert [pair for pair in accepted.answer.media[0].attributes if pair[0].startswith("rtcp")] == answered


def test_there_is_no_port_above_the_last() -> None:
    assert rtcp_of(offer("0").media[0], ("198.51.100.7", 65535)) is None


def test_rtcp_mux_needs_both_sides() -> None:
    asked = make_offer(replace(EVERYTHING, rtcp_mux=True), 1, 1)
    assert accept_answer(asked, offer("0", "rtcp-mux")).rtcp == ("198.51.100.7", 6000)
    assert not accept_answer(asked, offer("0")).rtcp_mux
    assert not accept_answer(make_offer(EVERYTHING, 1, 1), offer("0", "rtcp-mux")).rtcp_mux


LISTS = st.lists(st.sampled_from(NAMES), min_size=1, unique=True)


@given(LISTS, LISTS, st.sampled_from(CodecOrder), st.sampled_from([10, 20, 30, 40, 50, 60]))
def test_two_of_us_agree_on_everything_or_on_nothing(
    mine: list[str], theirs: list[str], order: CodecOrder, ptime_ms: int
) -> None:
    offered = make_offer(LocalAudio("192.0.2.1", 9000, formats_for(mine), ptime_ms), 1, 1)
    peer = LocalAudio("192.0.2.2", 9002, formats_for(theirs), order=order)
    if not set(mine) & set(theirs):
        with pytest.raises(NoCommonCodec):
            accept_offer(parse_sdp(offered.encode()), peer)
        return
    there = accept_offer(parse_sdp(offered.encode()), peer)
    here = accept_answer(offered, parse_sdp(there.answer.encode()))
    assert here.send.matches(there.send)
    assert here.payload_type == there.payload_type == here.receive[0].payload_type
    assert [audio.payload_type for audio in here.receive] == [there.receive[0].payload_type]
    assert here.event_payload_type == there.event_payload_type
    assert here.ptime_ms == there.ptime_ms <= ptime_ms
    assert [a.payload_type for a in here.comfort_noise] == [a.payload_type for a in there.comfort_noise]
    (chosen,) = {name for name, formats in CODECS.items() if any(f.matches(here.send) for f in formats)}
    assert chosen in set(mine) & set(theirs)
    if order is CodecOrder.OFFER:
        assert chosen == next(name for name in mine if name in theirs)
